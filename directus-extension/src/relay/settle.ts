import type { Knex } from 'knex';
import type { Logger } from '../lib/logger.js';
import { backoffMs } from './backoff.js';
import { leased, type Lease } from './lease.js';
import type { ChangeError, ChangeVerdict } from './verdicts.js';

interface Context {
	database: Knex;
	logger: Pick<Logger, 'warn'>;
}

/** Writes down what the sidecar decided about each row: one statement for all rows that fare alike. */
export async function settle(
	{ owner, rows }: Lease,
	verdicts: readonly ChangeVerdict[],
	context: Context,
): Promise<void> {
	const byEventId = new Map(rows.map((row) => [row.event_id, row]));
	const alike = Map.groupBy(verdicts, ({ eventId, verdict, error }) =>
		JSON.stringify([verdict, error, verdict === 'retry' && byEventId.get(eventId)?.attempts]),
	);
	for (const group of alike.values()) {
		const lease = { owner, rows: group.flatMap(({ eventId }) => byEventId.get(eventId) ?? []) };
		const [first] = group;
		if (first === undefined) continue;
		const { verdict, error } = first;
		if (verdict === 'rejected') await reject(lease, error ?? { code: 'unknown' }, context);
		else if (verdict === 'retry') await postpone(lease, error, context);
		else await leased(context.database, owner, lease.rows).update({ ...settledAs(verdict), error: null });
	}
}

/** Keeps rows that can never pass, with the reason, where an administrator can see them. */
export async function reject({ owner, rows }: Lease, error: ChangeError, { database, logger }: Context): Promise<void> {
	await leased(database, owner, rows).update({ ...settledAs('rejected'), error: JSON.stringify(error) });
	for (const row of rows) {
		logger.warn(
			{ 'event.id': row.event_id, collection: row.collection, key: row.item, 'error.code': error.code },
			`event bridge: the change of ${row.collection}/${row.item} was rejected`,
		);
	}
}

/** Lets rows wait, all of them as long as the one that was tried most often. */
export async function postpone(
	{ owner, rows }: Lease,
	error: ChangeError | null,
	{ database }: Context,
): Promise<void> {
	const attempts = Math.max(...rows.map((row) => row.attempts)) + 1;
	await leased(database, owner, rows).update({
		...UNLEASED,
		attempts,
		available_at: Date.now() + Math.ceil(backoffMs(attempts)),
		error: error && JSON.stringify(error),
	});
}

function settledAs(state: 'published' | 'ignored' | 'rejected'): object {
	return { ...UNLEASED, state, settled_at: Date.now() };
}

const UNLEASED = { lease_owner: null, lease_until: null };
