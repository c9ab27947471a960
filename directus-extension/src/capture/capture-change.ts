import type { CollectionOverview, SchemaOverview } from '@directus/types';
import type { Action, ChangePayload } from '../lib/change.js';
import { recordChange, recordDisregarded } from '../lib/outbox.js';
import type { Settings } from '../lib/settings.js';
import type { ForeignKeyMemory } from './foreign-key-memory.js';
import { changedColumns, completeItem, lastRevision } from './previous.js';
import { readItem, type ReadItemContext } from './read-item.js';

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
	collection: CollectionOverview;
	key: string;
	userId: string | null;
}

/** The change that an activity stands for, or `null` when it is none that we announce. */
export function trackedChange(
	activity: Activity,
	schema: SchemaOverview,
	settings: Pick<Settings, 'collections' | 'serviceAccount'>,
): TrackedChange | null {
	const { action, user } = activity;
	if (action !== 'create' && action !== 'update' && action !== 'delete') return null;
	// What the sidecar writes back must not come to it as news again.
	if (user === settings.serviceAccount || !settings.collections.watches(activity.collection)) return null;

	const collection = schema.collections[activity.collection];
	return collection === undefined ? null : { action, collection, key: String(activity.item), userId: user };
}

/**
 * Writes the outbox row of one change into the transaction of its item. Returns whether it is one to send.
 *
 * Invariant: touches nothing but `context.database`. The root database would wait for this very transaction on SQLite.
 */
export async function captureChange(
	change: TrackedChange,
	memory: ForeignKeyMemory,
	context: ReadItemContext,
): Promise<boolean> {
	const { action, collection, key, userId } = change;
	const foreignKeys = memory.take(collection, key);
	const item = action === 'delete' ? null : await readItem(collection, key, context);
	if (item === null && action !== 'delete') {
		// An admin's update of an id that does not exist leaves an activity too.
		await recordDisregarded({ collection: collection.collection, action, key }, { code: 'item_missing' }, context);
		return false;
	}

	const revision = action === 'create' ? null : await lastRevision(collection.collection, key, context.database);
	const previous =
		revision && completeItem(collection, key, revision, { current: item, foreignKeys, schema: context.schema });

	const payload: ChangePayload = {
		occurredAt: new Date().toISOString(),
		userId,
		item,
		previous,
		changed: action === 'update' && item !== null ? changedColumns(collection, previous ?? {}, item) : [],
		traceparent: null,
		capture: 'transactional',
	};
	await recordChange({ collection: collection.collection, action, key, payload }, context);
	return true;
}
