import type { Accountability, CollectionOverview, SchemaOverview } from '@directus/types';
import type { Action, ChangePayload } from '../lib/change.js';
import { recordChange } from '../lib/outbox.js';
import type { Settings } from '../lib/settings.js';
import { pickTold, touchesOnlyUnwatched, type CapturePlan, type CapturePlans } from './capture-plan.js';
import { columnsOf, isMadeAtUpdate } from './columns.js';
import { readItem, type ReadContext } from './read-item.js';
import { readRelated } from './read-related.js';
import { currentTraceparent } from './trace-context.js';

/** What an action hook on items is told: `key` after a create, `keys` after an update or a delete. */
export interface ItemsEvent {
	collection: string;
	key?: string | number;
	keys?: (string | number)[];
	payload: unknown;
}

/** A change that left no activity: written without accountability, or to a collection whose accountability is off. */
export interface UntrackedChange {
	action: Action;
	plan: CapturePlan;
	keys: string[];
	userId: string | null;
	/** Columns that an update wrote. */
	written: string[];
}

/** The change that the action hook must record because no activity will, or `null`. */
export function untrackedChange(
	action: Action,
	event: ItemsEvent,
	{ accountability, schema }: { accountability: Accountability | null; schema: SchemaOverview | null },
	plans: Pick<CapturePlans, 'of'>,
	{ serviceAccount }: Pick<Settings, 'serviceAccount'>,
): UntrackedChange | null {
	const plan = schema && plans.of(event.collection, schema);
	if (plan === null) return null;
	if (accountability !== null && plan.collection.accountability !== null) return null;
	if (accountability?.user === serviceAccount) return null;

	const written = action === 'update' ? writtenColumns(plan.collection, event.payload) : [];
	if (touchesOnlyUnwatched(plan, written)) return null;
	const keys = event.keys ?? (event.key === undefined ? [] : [event.key]);
	return { action, plan, keys: keys.map(String), userId: accountability?.user ?? null, written };
}

/**
 * Records each key of a change that has already happened. Best effort: a process that dies in between loses it, and
 * nothing tells what the item was before.
 */
export async function captureUntracked(change: UntrackedChange, context: ReadContext): Promise<void> {
	const { action, plan, keys, userId, written } = change;
	for (const key of keys) {
		const item = action === 'delete' ? null : await readItem(plan.collection, key, context);
		if (item === null && action !== 'delete') continue;

		const payload: ChangePayload = {
			occurredAt: new Date().toISOString(),
			userId,
			item: item && pickTold(item, plan),
			previous: null,
			changed: written.filter((field) => plan.told.has(field)),
			...(plan.related.length > 0 && { related: await readRelated(plan, item ?? {}, context) }),
			traceparent: currentTraceparent(),
			capture: 'best_effort',
		};
		await recordChange({ collection: plan.collection.collection, action, key, payload }, context);
	}
}

function writtenColumns(collection: CollectionOverview, payload: unknown): string[] {
	const written = typeof payload === 'object' && payload !== null ? Object.keys(payload) : [];
	return columnsOf(collection)
		.filter((column) => written.includes(column.field) || isMadeAtUpdate(column))
		.map(({ field }) => field);
}
