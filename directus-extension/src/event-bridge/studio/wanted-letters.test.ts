import { expect, test } from 'vitest';
import { parseLetterFilter, parseWantedLetters } from './wanted-letters.js';

test('one, some and all can be wanted', () => {
	expect(parseWantedLetters({ ids: ['a'] })).toEqual({ ids: ['a'], dryRun: false });
	expect(parseWantedLetters({ filter: { group: 'g', other: 1 } })).toEqual({ filter: { group: 'g' }, dryRun: false });
	expect(parseWantedLetters({ all: true, dryRun: true })).toEqual({ all: true, dryRun: true });
});

test('a query may say anything: only what the sidecar knows is handed on', () => {
	expect(parseLetterFilter({ route: 'feedback', access_token: 'secret' })).toEqual({ route: 'feedback' });
});

test.each([
	[{}, 'one of'],
	[{ ids: ['a'], all: true }, 'one of'],
	[{ ids: [] }, 'ids'],
	[{ ids: Array.from({ length: 501 }, String) }, 'ids'],
	[{ ids: [7] }, 'ids[0]'],
	[{ all: false }, 'all'],
	// Nobody discards everything by a filter that was mistyped.
	[{ filter: {} }, 'filter'],
	[{ filter: { groop: 'g' } }, 'filter'],
	[{ all: true, dryRun: 'no' }, 'dryRun'],
])('%o is refused', (body, problem) => {
	expect(() => parseWantedLetters(body)).toThrow(
		expect.objectContaining({ code: 'INVALID_PAYLOAD', message: expect.stringContaining(problem) }),
	);
});
