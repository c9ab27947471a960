import { expect, test, vi } from 'vitest';
import { emptyNote, queryOf, resendOf, stateFrom } from './outbox.js';

test('a link may name a state, and nothing else', () => {
	expect(stateFrom('rejected')).toBe('rejected');
	expect(stateFrom('lost')).toBeNull();
	expect(stateFrom(['rejected'])).toBeNull();
});

test('what is not wanted is not asked for', () => {
	expect(queryOf(null, '', 50)).toEqual({ limit: 50 });
	expect(queryOf('pending', 'feedback/1', 50)).toEqual({ limit: 50, state: 'pending', search: 'feedback/1' });
});

test('nothing found is something else than nothing there', () => {
	expect(emptyNote('rejected', '')).toBe('Nothing was refused.');
	expect(emptyNote('rejected', 'x')).toContain('No row matches');
});

test('some rows are sent again by their ids', async () => {
	const post = vi.fn(async () => ({ resent: 2, next: null }));

	expect(await resendOf(new Set(['3', '7']), post)).toBe(2);
	expect(post).toHaveBeenCalledWith({ ids: [3, 7] });
});

test('all rows are sent again page by page, and counted', async () => {
	const post = vi
		.fn<(body: object) => Promise<{ resent: number; next: number | null }>>()
		.mockResolvedValueOnce({ resent: 10_000, next: 12_345 })
		.mockResolvedValueOnce({ resent: 5, next: null });

	expect(await resendOf(null, post)).toBe(10_005);
	expect(post.mock.calls).toEqual([[{ all: true, after: 0 }], [{ all: true, after: 12_345 }]]);
});
