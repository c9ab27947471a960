import type { Knex } from 'knex';
import type { Settings } from '../lib/settings.js';
import { LEDGER, OUTBOX } from '../lib/tables.js';

/** Small enough that no save waits noticeably for a step. */
const STEP_MAX = 1000;

/** Deletes what has been kept long enough. Rejected and pending rows stay, however old. */
export async function purge(
	database: Knex,
	{ retentionMs, ledgerRetentionMs }: Pick<Settings, 'retentionMs' | 'ledgerRetentionMs'>,
	now = Date.now(),
): Promise<void> {
	await purgeTable(database, OUTBOX, 'id', (old) =>
		old.whereIn('state', ['published', 'ignored']).where('settled_at', '<', now - retentionMs),
	);
	await purgeTable(database, LEDGER, 'effect_id', (old) => old.where('created_at', '<', now - ledgerRetentionMs));
}

async function purgeTable(
	database: Knex,
	table: string,
	key: string,
	isOld: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
): Promise<void> {
	let deleted: number;
	do {
		const keys: (string | number)[] = await isOld(database(table)).limit(STEP_MAX).pluck(key);
		deleted = keys.length === 0 ? 0 : await database(table).whereIn(key, keys).delete();
	} while (deleted === STEP_MAX);
}
