import { expect, test } from 'vitest';
import { OUTBOX } from '../lib/tables.js';
import { insertRows } from '../testing/outbox-rows.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { outboxFigures, pendingCount } from './outbox-figures.js';

test('an empty outbox has nothing that waits', async () => {
	const database = await openDirectusLike();

	expect(await outboxFigures(database)).toEqual({
		pending: 0,
		rejected: 0,
		published: 0,
		ignored: 0,
		oldestPendingAt: null,
		oldestPendingAgeMs: null,
	});
});

test('each state is counted, and the oldest pending row tells its age', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 6, { created_at: 1_000 });
	await database(OUTBOX).where('id', 1).update({ state: 'published' });
	await database(OUTBOX).where('id', 2).update({ state: 'rejected' });
	await database(OUTBOX).where('id', 3).update({ state: 'ignored' });
	await database(OUTBOX).where('id', 4).update({ created_at: 2_000 });

	const figures = await outboxFigures(database, 5_000);

	expect(figures).toEqual({
		pending: 3,
		rejected: 1,
		published: 1,
		ignored: 1,
		oldestPendingAt: '1970-01-01T00:00:02.000Z',
		oldestPendingAgeMs: 3_000,
	});
	expect(await pendingCount(database)).toBe(3);
});

test('a clock that was set back makes no negative age', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 1, { created_at: 2_000 });

	expect(await outboxFigures(database, 1_000)).toMatchObject({ oldestPendingAgeMs: 0 });
});

test('the figures are read from an index, however many rows there are', async () => {
	const database = await openDirectusLike();

	const plan: { detail: string }[] = await database.raw(
		`explain query plan select state, count(*) from ${OUTBOX} group by state`,
	);

	expect(plan.map(({ detail }) => detail).join()).toContain('USING COVERING INDEX');
});
