import { expect, test } from 'vitest';
import { OUTBOX } from '../lib/tables.js';
import { insertRows } from '../testing/outbox-rows.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { parseRejectedPage, rejectedRows } from './rejected-rows.js';

const error = { code: 'contract', detail: 'is no number', path: '/data/rating' };

test('only what was rejected is listed, with its reason and without its payload', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 2);
	await database(OUTBOX)
		.where('id', 2)
		.update({ state: 'rejected', error: JSON.stringify(error), attempts: 3, settled_at: 1_000 });

	const page = await rejectedRows({ limit: 10, after: 0 }, database);

	expect(page).toEqual({
		rows: [
			{
				id: 2,
				eventId: 'event-2',
				kind: 'change',
				collection: 'feedback',
				key: '2',
				action: 'create',
				attempts: 3,
				error,
				createdAt: '1970-01-01T00:00:00.000Z',
				settledAt: '1970-01-01T00:00:01.000Z',
			},
		],
		next: null,
	});
});

test('pages follow each other without a gap or a double', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 5, { state: 'rejected' });

	const first = await rejectedRows({ limit: 2, after: 0 }, database);
	const second = await rejectedRows({ limit: 2, after: first.next ?? 0 }, database);
	const third = await rejectedRows({ limit: 2, after: second.next ?? 0 }, database);

	expect([first, second, third].map(({ rows }) => rows.map(({ id }) => id))).toEqual([[1, 2], [3, 4], [5]]);
	expect(third.next).toBeNull();
});

test('a page is as long as asked for, in reason', () => {
	expect(parseRejectedPage({})).toEqual({ limit: 100, after: 0 });
	expect(parseRejectedPage({ limit: '5', after: '7' })).toEqual({ limit: 5, after: 7 });
});

test.each([
	[{ limit: '0' }, 'limit'],
	[{ limit: '1001' }, 'limit'],
	[{ limit: 'all' }, 'limit'],
	[{ after: '-1' }, 'after'],
	[{ after: ['1', '2'] }, 'after'],
])('%o is refused, with its name', (query, path) => {
	expect(() => parseRejectedPage(query)).toThrow(
		expect.objectContaining({ code: 'INVALID_PAYLOAD', message: expect.stringContaining(path) }),
	);
});
