import type { Knex } from 'knex';
import type { Logger } from '../lib/logger.js';
import { backoffMs } from './backoff.js';
import type { OutboxRow } from './batch.js';
import { leased, type Lease } from './lease.js';
import type { ChangeError, ChangeVerdict } from './verdicts.js';

interface Context {
	database: Knex;
	logger: Pick<Logger, 'warn'>;
}

/** Writes down what the sidecar decided about each row. */
export async function settle(
	{ owner, rows }: Lease,
	verdicts: readonly ChangeVerdict[],
	{ database, logger }: Context,
): Promise<void> {
	const now = Date.now();
	const byEventId = new Map(verdicts.map((verdict) => [verdict.eventId, verdict]));
	const having = (word: ChangeVerdict['verdict']): OutboxRow[] =>
		rows.filter((row) => byEventId.get(row.event_id)?.verdict === word);

	for (const state of ['published', 'ignored'] as const) {
		const settled = having(state);
		if (settled.length === 0) continue;
		await leased(database, owner, settled).update({ ...UNLEASED, state, settled_at: now, error: null });
	}
	for (const row of having('rejected')) {
		const error = byEventId.get(row.event_id)?.error ?? { code: 'unknown' };
		await reject({ owner, rows: [row] }, error, { database, logger });
	}
	for (const row of having('retry')) {
		const attempts = row.attempts + 1;
		const error = byEventId.get(row.event_id)?.error;
		await leased(database, owner, [row]).update({
			...UNLEASED,
			attempts,
			available_at: now + Math.ceil(backoffMs(attempts)),
			error: error ? JSON.stringify(error) : null,
		});
	}
}

/** Keeps rows that can never pass, with the reason, where an administrator can see them. */
export async function reject({ owner, rows }: Lease, error: ChangeError, { database, logger }: Context): Promise<void> {
	await leased(database, owner, rows).update({
		...UNLEASED,
		state: 'rejected',
		settled_at: Date.now(),
		error: JSON.stringify(error),
	});
	for (const row of rows) {
		logger.warn(
			{ 'event.id': row.event_id, collection: row.collection, key: row.item, 'error.code': error.code },
			`event bridge: the change of ${row.collection}/${row.item} was rejected`,
		);
	}
}

const UNLEASED = { lease_owner: null, lease_until: null };
