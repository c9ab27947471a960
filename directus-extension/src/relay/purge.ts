import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Settings } from '../lib/settings.js';
import { LEDGER, OUTBOX } from '../lib/tables.js';

/** Small enough that no save waits noticeably for a step. */
const STEP_MAX = 500;
/** From one step to the next, so that a large purge leaves most of the database's time to others. */
const PAUSE_MS = 25;
/** Delivered rows stay this much longer than promised: a check of the whole period must not race the purge. */
export const RETENTION_MARGIN_MS = 3_600_000;

interface Purging {
	now?: number;
	/** Asked before every step. */
	isWanted?: () => boolean;
	pause?: () => Promise<unknown>;
}

/** Deletes what has been kept long enough. Rejected and pending rows stay, however old. */
export async function purge(
	database: Knex,
	{ retentionMs, ledgerRetentionMs }: Pick<Settings, 'retentionMs' | 'ledgerRetentionMs'>,
	{ now = Date.now(), isWanted = () => true, pause = () => sleep(PAUSE_MS) }: Purging = {},
): Promise<void> {
	const delivered = database(OUTBOX)
		.whereIn('state', ['published', 'ignored'])
		.where('settled_at', '<', now - retentionMs - RETENTION_MARGIN_MS);
	const forgettable = database(LEDGER).where('created_at', '<', now - ledgerRetentionMs);

	for (const { table, key, old } of [
		{ table: OUTBOX, key: 'id', old: delivered },
		{ table: LEDGER, key: 'effect_id', old: forgettable },
	]) {
		let deleted = STEP_MAX;
		while (deleted === STEP_MAX && isWanted()) {
			const keys: (string | number)[] = await old.clone().limit(STEP_MAX).pluck(key);
			deleted = keys.length === 0 ? 0 : await database(table).whereIn(key, keys).delete();
			if (deleted === STEP_MAX) await pause();
		}
	}
}
