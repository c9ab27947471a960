import type { Knex } from 'knex';
import type { InsightState } from '../../lib/studio.js';
import { LEDGER, OUTBOX } from '../../lib/tables.js';
import type { ItemAddress } from './item-access.js';
import { COLUMNS, newestId, refusalOf, timeOf, type StoredRow } from './outbox-rows.js';

/** How far back an item's rows are looked for: every open card asks, and there is no index for it. */
const SEARCHED_MAX = 10_000;
/** How long an event may take before anybody asks whether it died. */
const DEAD_AFTER_MS = 5_000;

export interface StateContext {
	database: Knex;
	/** Why the event is among the dead letters; `null` when it is not, or nobody knows. */
	deathOf: (eventId: string) => Promise<string | null>;
}

type Progress = Omit<InsightState, 'mayAnalyse'>;

/** How far the last change of an item is on its way to the bus and back. */
export async function insightState(
	item: ItemAddress,
	{ database, deathOf }: StateContext,
	now = Date.now(),
): Promise<Progress> {
	const row = await newestRow(item, database);
	if (row === undefined) return { stage: 'none', since: null, eventId: null, reason: null };

	const progress = { since: timeOf(row.settled_at ?? row.created_at), eventId: row.event_id, reason: null };
	switch (row.state) {
		case 'pending':
			return { ...progress, stage: 'queued' };
		case 'ignored':
			return { ...progress, stage: 'ignored' };
		case 'rejected':
			return { ...progress, stage: 'rejected', reason: row.error === null ? null : refusalOf(row.error).code };
		case 'published': {
			const appliedAt = await effectAt(item, row.event_id, database);
			if (appliedAt !== null) return { ...progress, stage: 'analysed', since: timeOf(appliedAt) };
			const isDue = Number(row.settled_at) <= now - DEAD_AFTER_MS;
			const reason = isDue ? await deathOf(row.event_id) : null;
			return { ...progress, stage: reason === null ? 'published' : 'dead', reason };
		}
	}
}

async function newestRow({ collection, key }: ItemAddress, database: Knex): Promise<StoredRow | undefined> {
	const rows: StoredRow[] = await database(OUTBOX)
		.select(COLUMNS)
		.where('id', '>', (await newestId(database)) - SEARCHED_MAX)
		.where({ collection, item: key, kind: 'change' })
		// Last what was not to be told: it says nothing about what was told before.
		.orderByRaw("case when state = 'ignored' then 1 else 0 end, id desc")
		.limit(1);
	return rows[0];
}

async function effectAt(item: ItemAddress, eventId: string, database: Knex): Promise<number | string | null> {
	const effect: { created_at: number | string } | undefined = await database(LEDGER)
		.select('created_at')
		.where({ collection: item.collection, item: item.key, event_id: eventId })
		.first();
	return effect?.created_at ?? null;
}
