import type { CollectionOverview, FieldOverview, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Item } from '../lib/change.js';
import { columnsOf, foreignKeysOf, isMadeAtCreation, isSecret } from './columns.js';
import { maskSecret } from './read-item.js';
import { sameValue } from './same-value.js';

/** What is known besides the last revision. */
interface Known {
	/** The item as it is now; `null` when it was deleted. */
	current: Item | null;
	/** The foreign keys before the write. */
	foreignKeys: Item;
	schema: SchemaOverview;
}

/** The data of the item's last revision, or `null` when there is none. To be read before the new one is inserted. */
export async function lastRevision(collection: string, key: string, database: Knex): Promise<Item | null> {
	const row: { data: unknown } | undefined = await database('directus_revisions')
		.select('data')
		.where({ collection, item: key })
		// Revisions of a content version tell about the draft, not about the item.
		.whereNull('version')
		.orderBy('id', 'desc')
		.first();
	const data: unknown = typeof row?.data === 'string' ? JSON.parse(row.data) : row?.data;
	return isItem(data) ? data : null;
}

/**
 * Completes a revision to the whole item. A create's revision holds only what the client sent; every other column had
 * the schema's default then. A foreign key that nobody remembered stays out: absent means unknown.
 */
export function completeItem(collection: CollectionOverview, key: string, revision: Item, known: Known): Item {
	const foreignKeys = foreignKeysOf(collection, known.schema);
	const item: Item = {};
	for (const column of columnsOf(collection)) {
		const { field } = column;
		if (isSecret(column)) item[field] = maskSecret(known.current?.[field] ?? revision[field]);
		else if (field === collection.primary) item[field] = known.current?.[field] ?? keyValue(column, key);
		else if (!foreignKeys.includes(field)) item[field] = pastValue(column, revision, known);
		else if (field in known.foreignKeys) item[field] = known.foreignKeys[field];
	}
	return item;
}

/** The columns of an update that differ, or may differ because the value before is unknown. */
export function changedColumns(collection: CollectionOverview, previous: Item, item: Item): string[] {
	return columnsOf(collection)
		.filter((column) => !isSecret(column) && column.field !== collection.primary)
		.filter(({ field, type }) => !(field in previous) || !sameValue(type, previous[field], item[field]))
		.map(({ field }) => field);
}

function pastValue(column: FieldOverview, revision: Item, { current }: Known): unknown {
	if (column.field in revision) return revision[column.field];
	if (isMadeAtCreation(column)) return current?.[column.field] ?? null;
	return column.defaultValue ?? null;
}

function keyValue(column: FieldOverview, key: string): string | number {
	return column.type === 'integer' ? Number(key) : key;
}

function isItem(value: unknown): value is Item {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
