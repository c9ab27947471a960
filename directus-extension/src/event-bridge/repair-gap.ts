import type { Knex } from 'knex';
import { pickTold, touchesOnlyUnwatched, type CapturePlan, type CapturePlans } from '../capture/capture-plan.js';
import { columnsOf } from '../capture/columns.js';
import { completeItem, isItem } from '../capture/previous.js';
import { readItem, type ReadContext } from '../capture/read-item.js';
import { readRelated } from '../capture/read-related.js';
import type { ChangePayload, Item } from '../lib/change.js';
import { derivedId } from '../lib/derived-id.js';
import { canBeKey } from '../lib/key.js';
import { lockItems } from '../lib/lock-items.js';
import { changeRow, disregardedRow, recordOnce, type NewOutboxRow } from '../lib/outbox.js';
import type { TrackedActivity } from './match-activities.js';

/** How far back the item's past is searched: Directus has no index for it. */
const ACTIVITIES_SEARCHED_MAX = 100_000;

export interface RepairContext extends ReadContext {
	plans: Pick<CapturePlans, 'of'>;
	project: string;
}

/**
 * Puts the row of a missed change into the outbox, under an id that is derived from the activity. It tells the item as
 * it is now: the row comes after the rows of all changes that were not missed, and must not take the item back behind
 * them. Only of an item that is gone it tells what the activity's revision kept.
 */
export async function repairGap(activity: TrackedActivity, { database, ...context }: RepairContext): Promise<void> {
	const plan = context.plans.of(activity.collection, context.schema);
	if (plan === null) return;
	await database.transaction(async (transaction) => {
		const within = { ...context, database: transaction };
		const row = await missedRow(activity, plan, within);
		await recordOnce([row], within);
	});
}

/**
 * The event id of the row that repairs an activity. Other Directus count their activities, too: what the activity is
 * about makes the id one of a kind.
 */
export function repairId({ id, collection, key, action, at }: TrackedActivity, project: string): string {
	return derivedId('repair', project, id, collection, key, action, at);
}

async function missedRow(activity: TrackedActivity, plan: CapturePlan, context: RepairContext): Promise<NewOutboxRow> {
	const { action, key } = activity;
	const { collection } = plan;
	const change = { collection: collection.collection, action, key, activityId: activity.id };
	const row = { ...change, eventId: repairId(activity, context.project) };

	const revision = await revisionOf(activity, context.database);
	const item = action === 'delete' ? null : await itemNow(plan, key, revision.data, context);
	if (item === null && action !== 'delete') return disregardedRow(row, { code: 'item_missing' });

	const changed = action === 'update' ? writtenColumns(plan, revision.delta) : [];
	if (touchesOnlyUnwatched(plan, changed)) return disregardedRow(row, { code: 'unwatched_fields' });

	const past = action === 'create' ? null : await pastOf(activity, context.database);
	const previous = past && completeItem(collection, key, { revision: past, current: item, schema: context.schema });
	const payload: ChangePayload = {
		occurredAt: new Date(activity.at).toISOString(),
		userId: activity.userId,
		item: item && pickTold(item, plan),
		previous: previous && pickTold(previous, plan),
		changed: changed.filter((field) => plan.told.has(field)),
		...(plan.related.length > 0 && { related: await readRelated(plan, item ?? previous ?? {}, context) }),
		traceparent: null,
		capture: 'repair',
	};
	return changeRow({ ...row, payload });
}

async function itemNow(
	{ collection }: CapturePlan,
	key: string,
	revision: Item | null,
	context: RepairContext,
): Promise<Item | null> {
	if (canBeKey(collection.fields[collection.primary]?.type, key)) {
		await lockItems(collection, [key], context.database);
		const item = await readItem(collection, key, context);
		if (item !== null) return item;
	}
	return revision && completeItem(collection, key, { revision, current: null, schema: context.schema });
}

/** What the activity's revision kept: the item, as far as it keeps one, and what was written to it. */
async function revisionOf({ id }: TrackedActivity, database: Knex): Promise<{ data: Item | null; delta: Item | null }> {
	const row: { data: unknown; delta: unknown } | undefined = await database('directus_revisions')
		.select('data', 'delta')
		.where('activity', id)
		.first();
	return { data: itemOf(row?.data), delta: itemOf(row?.delta) };
}

/** The item as the last revision before the activity kept it. */
async function pastOf({ id, collection, key }: TrackedActivity, database: Knex): Promise<Item | null> {
	const row: { data: unknown } | undefined = await database('directus_revisions')
		.select('data')
		.where('activity', '<', id)
		.where('activity', '>=', id - ACTIVITIES_SEARCHED_MAX)
		.where({ collection, item: key })
		// Revisions of a content version tell about the draft, not about the item.
		.whereNull('version')
		.orderBy('activity', 'desc')
		.first();
	return itemOf(row?.data);
}

/** Without a revision nobody knows what an update wrote: then it may have been any column. */
function writtenColumns({ collection }: CapturePlan, delta: Item | null): string[] {
	return columnsOf(collection)
		.map(({ field }) => field)
		.filter((field) => field !== collection.primary && (delta === null || field in delta));
}

function itemOf(value: unknown): Item | null {
	const item: unknown = typeof value === 'string' ? JSON.parse(value) : value;
	return isItem(item) ? item : null;
}
