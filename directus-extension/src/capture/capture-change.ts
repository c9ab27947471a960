import type { SchemaOverview } from '@directus/types';
import type { Action, ChangePayload, Disregard, Item } from '../lib/change.js';
import { recordChange, recordDisregarded } from '../lib/outbox.js';
import type { Settings } from '../lib/settings.js';
import { pickTold, touchesOnlyUnwatched, type CapturePlan, type CapturePlans } from './capture-plan.js';
import { changedColumns, previousFromRevision } from './previous.js';
import { readItem, type ReadContext } from './read-item.js';
import { readRelated } from './read-related.js';
import { currentTraceparent } from './trace-context.js';

/** What Directus is about to write into `directus_activity`. */
export interface Activity {
	action: string;
	user: string | null;
	collection: string;
	item: string | number;
}

/** An activity that is a change to announce. */
export interface TrackedChange {
	action: Action;
	plan: CapturePlan;
	key: string;
	userId: string | null;
}

/** The change that an activity stands for, or `null` when it is none that we announce. */
export function trackedChange(
	activity: Activity,
	schema: SchemaOverview,
	plans: Pick<CapturePlans, 'of'>,
	{ serviceAccount }: Pick<Settings, 'serviceAccount'>,
): TrackedChange | null {
	const { action, user } = activity;
	if (action !== 'create' && action !== 'update' && action !== 'delete') return null;
	// What the sidecar writes back must not come to it as news again.
	if (user === serviceAccount) return null;

	const plan = plans.of(activity.collection, schema);
	return plan && { action, plan, key: String(activity.item), userId: user };
}

/**
 * Writes the outbox row of one change into the transaction of its item: always exactly one, so that a missing row means
 * a missed change. Returns whether it is one to send. `remembered` is the item as it was read before the write.
 *
 * Invariant: touches nothing but `context.database`. The root database would wait for this very transaction on SQLite.
 */
export async function captureChange(
	change: TrackedChange,
	remembered: Item | null,
	context: ReadContext,
): Promise<boolean> {
	const { action, plan, key, userId } = change;
	const row = { collection: plan.collection.collection, action, key };

	const item = action === 'delete' ? null : await readItem(plan.collection, key, context);
	const previous =
		action === 'create' ? null : (remembered ?? (await previousFromRevision(plan.collection, key, item, context)));
	const changed = action === 'update' && item !== null ? changedColumns(plan.collection, previous ?? {}, item) : [];

	const disregard = reasonToDisregard(change, item, changed);
	if (disregard !== null) {
		await recordDisregarded(row, disregard, context);
		return false;
	}

	const payload: ChangePayload = {
		occurredAt: new Date().toISOString(),
		userId,
		item: item && pickTold(item, plan),
		previous: previous && pickTold(previous, plan),
		changed: changed.filter((field) => plan.told.has(field)),
		...(plan.related.length > 0 && { related: await readRelated(plan, item ?? previous ?? {}, context) }),
		traceparent: currentTraceparent(),
		capture: 'transactional',
	};
	await recordChange({ ...row, payload }, context);
	return true;
}

function reasonToDisregard({ action, plan }: TrackedChange, item: Item | null, changed: string[]): Disregard | null {
	// An admin's update of an id that does not exist leaves an activity too.
	if (item === null && action !== 'delete') return { code: 'item_missing' };
	return touchesOnlyUnwatched(plan, changed) ? { code: 'unwatched_fields' } : null;
}
