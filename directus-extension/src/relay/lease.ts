import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { canSkipLocked } from '../lib/dialect.js';
import { OUTBOX } from '../lib/tables.js';
import type { OutboxRow } from './batch.js';

/** Rows that are ours until the lease ends. */
export interface Lease {
	/** New for every lease, so that a lease of our own that ran out cannot be mistaken for this one. */
	owner: string;
	rows: OutboxRow[];
}

/** Takes up to `count` rows that are due and nobody else holds, oldest first. */
export async function leaseRows(
	database: Knex,
	{ count, leaseMs, now = Date.now() }: { count: number; leaseMs: number; now?: number },
): Promise<Lease> {
	const owner = randomUUID();
	const due = database(OUTBOX)
		.select('id')
		.where('state', 'pending')
		.where('available_at', '<=', now)
		.where((free) => free.whereNull('lease_until').orWhere('lease_until', '<', now))
		// Ids are not in order of commit: rows are found by their state, never by "higher than the last one".
		.orderBy('id')
		.limit(count);
	if (canSkipLocked(database)) due.forUpdate().skipLocked();

	// One statement, so that two processes cannot take the same row, whatever the database's isolation.
	const taken = await database(OUTBOX)
		.whereIn('id', due)
		.update({ lease_owner: owner, lease_until: now + leaseMs });
	if (taken === 0) return { owner, rows: [] };

	const rows: OutboxRow[] = await database(OUTBOX)
		.select('id', 'event_id', 'kind', 'collection', 'item', 'action', 'payload', 'attempts')
		.where('lease_owner', owner)
		.orderBy('id');
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
