import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { canReturnUpdated, canSkipLocked } from '../lib/dialect.js';
import { OUTBOX } from '../lib/tables.js';
import type { OutboxRow } from './batch.js';

/** Rows that are ours until the lease ends. */
export interface Lease {
	/** New for every lease, so that a lease of our own that ran out cannot be mistaken for this one. */
	owner: string;
	rows: OutboxRow[];
}

/** How much to lease: no more than one request carries, so that nothing is leased only to be given back. */
export interface LeaseBounds {
	count: number;
	/** Of payloads; a row that is larger by itself comes alone. */
	bytesMax: number;
	leaseMs: number;
	now?: number;
}

/** Takes the oldest rows that are due and nobody else holds, in order. */
export async function leaseRows(
	database: Knex,
	{ count, bytesMax, leaseMs, now = Date.now() }: LeaseBounds,
): Promise<Lease> {
	const owner = randomUUID();
	const due = database(OUTBOX)
		.select('id', database.raw('octet_length(payload) as bytes'))
		.where('state', 'pending')
		.where('available_at', '<=', now)
		.where((free) => free.whereNull('lease_until').orWhere('lease_until', '<', now))
		// Ids are not in order of commit: rows are found by their state, never by "higher than the last one".
		.orderBy('id')
		.limit(count);
	if (canSkipLocked(database)) due.forUpdate().skipLocked();
	const summed = database('due').select('id', 'bytes', database.raw('sum(bytes) over (order by id) as total'));
	const fitting = database(summed.as('summed'))
		.select('id')
		.where('total', '<=', bytesMax)
		// The first row, whatever its size.
		.orWhere('total', database.ref('bytes'));

	// One statement, so that two processes cannot take the same row, whatever the database's isolation.
	const taking = database(OUTBOX).with('due', due).whereIn('id', fitting);
	const lease = { lease_owner: owner, lease_until: now + leaseMs };
	if (canReturnUpdated(database)) return { owner, rows: inOrder(await taking.update(lease, COLUMNS)) };

	await taking.update(lease);
	const rows: OutboxRow[] = await database(OUTBOX)
		.select(COLUMNS)
		.where({ state: 'pending', lease_owner: owner })
		.orderBy('id')
		.limit(count);
	return { owner, rows };
}

/** Gives rows back, as they were. */
export async function releaseRows(database: Knex, owner: string, rows: readonly OutboxRow[]): Promise<void> {
	if (rows.length === 0) return;
	await leased(database, owner, rows).update({ lease_owner: null, lease_until: null });
}

/** The given rows, as far as the lease is still ours. Another process may hold those by now whose lease ran out. */
export function leased(database: Knex, owner: string, rows: readonly OutboxRow[]): Knex.QueryBuilder {
	return database(OUTBOX)
		.where('lease_owner', owner)
		.whereIn(
			'id',
			rows.map((row) => row.id),
		);
}

const COLUMNS = ['id', 'event_id', 'kind', 'collection', 'item', 'action', 'payload', 'attempts'];

/** An update returns its rows in any order. */
function inOrder(rows: OutboxRow[]): OutboxRow[] {
	return rows.toSorted((left, right) => Number(left.id) - Number(right.id));
}
