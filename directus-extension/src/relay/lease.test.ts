import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import { OUTBOX } from '../lib/tables.js';
import { insertRows } from '../testing/outbox-rows.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { leased, leaseRows, releaseRows, type Lease } from './lease.js';

const NOW = 1_000_000;
let database: Knex;
const lease = (overrides: object = {}): Promise<Lease> =>
	leaseRows(database, { count: 10, bytesMax: 100_000, leaseMs: 100, now: NOW, ...overrides });
const idsOf = ({ rows }: Lease): string[] => rows.map((row) => row.event_id);

beforeEach(async () => {
	database = await openDirectusLike();
});

test('the oldest rows are taken first, and no more than asked for', async () => {
	await insertRows(database, 3);

	expect(idsOf(await lease({ count: 2 }))).toEqual(['event-1', 'event-2']);
	expect(idsOf(await lease())).toEqual(['event-3']);
});

test('no more is taken than one request carries, but always the first', async () => {
	await insertRows(database, 3, { payload: JSON.stringify({ text: 'é'.repeat(100) }) });

	expect(idsOf(await lease({ bytesMax: 500 }))).toEqual(['event-1', 'event-2']);
	expect(idsOf(await lease({ bytesMax: 1 }))).toEqual(['event-3']);
});

test("a leased row is nobody else's until the lease ends", async () => {
	await insertRows(database, 1);
	await lease();

	expect(idsOf(await lease({ now: NOW + 100 }))).toEqual([]);
	expect(idsOf(await lease({ now: NOW + 101 }))).toEqual(['event-1']);
});

test.each([
	['settled', { state: 'published' }],
	['rejected', { state: 'rejected' }],
	['not due yet', { available_at: NOW + 1 }],
])('a row that is %s stays', async (_why, overrides) => {
	await insertRows(database, 1, overrides);

	expect(idsOf(await lease())).toEqual([]);
});

test('released rows are due at once', async () => {
	await insertRows(database, 2);
	const { owner, rows } = await lease();

	await releaseRows(database, owner, rows.slice(0, 1));

	expect(idsOf(await lease())).toEqual(['event-1']);
});

test('who lost a lease cannot touch the rows any more', async () => {
	await insertRows(database, 1);
	const lost = await lease();
	const held = await lease({ now: NOW + 101 });

	await leased(database, lost.owner, lost.rows).update({ state: 'rejected' });
	await releaseRows(database, lost.owner, lost.rows);

	expect(await database(OUTBOX).first('state', 'lease_owner')).toEqual({ state: 'pending', lease_owner: held.owner });
});
