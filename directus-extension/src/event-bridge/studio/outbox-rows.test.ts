import { expect, test } from 'vitest';
import { OUTBOX } from '../../lib/tables.js';
import { insertRows } from '../../testing/outbox-rows.js';
import { openDirectusLike } from '../../testing/sqlite.js';
import { outboxRows, outboxRowWhole, parseOutboxQuery } from './outbox-rows.js';

const everything = parseOutboxQuery({});

test('pages go back in time without a gap or a double', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 5);

	const first = await outboxRows({ ...everything, limit: 2 }, database);
	const second = await outboxRows({ ...everything, limit: 2, before: first.next }, database);
	const third = await outboxRows({ ...everything, limit: 2, before: second.next }, database);

	expect([first, second, third].map(({ rows }) => rows.map(({ id }) => id))).toEqual([[5, 4], [3, 2], [1]]);
	expect(third.next).toBeNull();
});

test.each([
	['event-2', [2]],
	['EVENT-2', [2]],
	['feedback', [3, 2, 1]],
	['3', [3]],
	['feedback/1', [1]],
	['tickets/1', []],
	["1' or '1'='1", []],
])('a search for %s finds %j', async (search, ids) => {
	const database = await openDirectusLike();
	await insertRows(database, 3);

	const { rows } = await outboxRows({ ...everything, search }, database);

	expect(rows.map(({ id }) => id)).toEqual(ids);
});

test('a state is asked for by its name, and a row tells its reason but not its payload', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 2);
	const error = { code: 'contract', detail: 'is no number', path: '/data/rating' };
	await database(OUTBOX)
		.where('id', 2)
		.update({ state: 'rejected', error: JSON.stringify(error), settled_at: 1_000 });

	const { rows } = await outboxRows({ ...everything, state: 'rejected' }, database);

	expect(rows).toEqual([expect.objectContaining({ id: 2, error, settledAt: '1970-01-01T00:00:01.000Z' })]);
	expect(rows[0]).not.toHaveProperty('payload');
});

test('one row is told with its payload; one that is gone is not found', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 1);

	expect(await outboxRowWhole(1, database)).toMatchObject({ eventId: 'event-1', payload: { item: { id: 1 } } });
	await expect(outboxRowWhole(2, database)).rejects.toMatchObject({ status: 404 });
});

test.each([[{ state: 'lost' }], [{ limit: '201' }], [{ before: 'x' }], [{ search: 'x'.repeat(256) }]])(
	'%o is refused',
	(query) => {
		expect(() => parseOutboxQuery(query)).toThrow(expect.objectContaining({ code: 'INVALID_PAYLOAD' }));
	},
);
