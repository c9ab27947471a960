import type { Accountability, CollectionOverview, SchemaOverview } from '@directus/types';
import type { Action, Item } from '../lib/change.js';
import { recordChange } from '../lib/outbox.js';
import type { Settings } from '../lib/settings.js';
import { columnsOf, isMadeAtUpdate } from './columns.js';
import { readItem, type ReadItemContext } from './read-item.js';

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
	collection: CollectionOverview;
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
	settings: Pick<Settings, 'collections' | 'serviceAccount'>,
): UntrackedChange | null {
	const collection = schema?.collections[event.collection];
	if (collection === undefined || !settings.collections.watches(event.collection)) return null;
	if (accountability !== null && collection.accountability !== null) return null;
	if (accountability?.user === settings.serviceAccount) return null;

	const keys = event.keys ?? (event.key === undefined ? [] : [event.key]);
	return {
		action,
		collection,
		keys: keys.map(String),
		userId: accountability?.user ?? null,
		written: action === 'update' ? writtenColumns(collection, event.payload) : [],
	};
}

/**
 * Records each key of a change that has already happened. Best effort: a process that dies in between loses it, and
 * nothing tells what the item was before.
 */
export async function captureUntracked(change: UntrackedChange, context: ReadItemContext): Promise<void> {
	const { action, collection, keys, userId, written } = change;
	for (const key of keys) {
		const item: Item | null = action === 'delete' ? null : await readItem(collection, key, context);
		if (item === null && action !== 'delete') continue;

		const payload = {
			occurredAt: new Date().toISOString(),
			userId,
			item,
			previous: null,
			changed: written,
			traceparent: null,
			capture: 'best_effort' as const,
		};
		await recordChange({ collection: collection.collection, action, key, payload }, context);
	}
}

function writtenColumns(collection: CollectionOverview, payload: unknown): string[] {
	const written = typeof payload === 'object' && payload !== null ? Object.keys(payload) : [];
	return columnsOf(collection)
		.filter((column) => written.includes(column.field) || isMadeAtUpdate(column))
		.map(({ field }) => field);
}
