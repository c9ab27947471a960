import { expect, test } from 'vitest';
import type { OutboxRow } from './batch.js';
import { parseVerdicts } from './verdicts.js';

const rows = ['a', 'b'].map((event_id) => ({ event_id })) as OutboxRow[];
const parse = (answer: unknown): unknown => parseVerdicts(JSON.stringify(answer), rows);

test('verdicts are matched by event id, whatever their order', () => {
	const error = { code: 'contract', detail: 'is missing', path: '/data/text', secret: 'dropped' };

	const verdicts = parse({
		verdicts: [
			{ eventId: 'b', verdict: 'rejected', error },
			{ eventId: 'a', verdict: 'published' },
		],
	});

	expect(verdicts).toEqual([
		{ eventId: 'a', verdict: 'published', error: null },
		{ eventId: 'b', verdict: 'rejected', error: { code: 'contract', detail: 'is missing', path: '/data/text' } },
	]);
});

const published = (eventId: unknown) => ({ eventId, verdict: 'published' });

test.each([
	['nothing', null],
	['no list', { verdicts: 'all fine' }],
	['one verdict too few', { verdicts: [published('a')] }],
	['one verdict too many', { verdicts: [published('a'), published('b'), published('c')] }],
	['a verdict twice', { verdicts: [published('a'), published('a')] }],
	['a verdict for a stranger', { verdicts: [published('a'), published('c')] }],
	['a word nobody knows', { verdicts: [published('a'), { eventId: 'b', verdict: 'maybe' }] }],
	['no event id', { verdicts: [published('a'), published(7)] }],
])('an answer with %s settles nothing', (_what, answer) => {
	expect(() => parse(answer)).toThrow('the answer');
});

test('an answer that is no JSON settles nothing', () => {
	expect(() => parseVerdicts('<html>', rows)).toThrow();
});
