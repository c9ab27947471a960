import type { CollectionOverview, FieldOverview, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Item } from '../lib/change.js';
import { columnsOf, foreignKeysOf, isMadeAtCreation, isSecret } from './columns.js';
import { maskSecret } from './read-item.js';
import { sameValue } from './same-value.js';

/**
 * How many of the newest revisions are searched. Directus has no index for this search, and without a bound a save of
 * an item that was last changed long ago would wait while the whole table is read.
 */
const SEARCHED_MAX = 10_000;

/**
 * The item before the write, from its last revision, or `null` where there is none. It is exact for as long as nobody
 * writes past Directus: whoever wrote the item last has committed, and the new revision is not inserted yet.
 */
export async function previousFromRevision(
	collection: CollectionOverview,
	key: string,
	current: Item | null,
	{ database, schema }: { database: Knex; schema: SchemaOverview },
): Promise<Item | null> {
	// With less than this Directus keeps no revisions, and those it once kept are out of date.
	if (collection.accountability !== 'all') return null;

	const revision = await lastRevision(collection.collection, key, database);
	return revision && completeItem(collection, key, { revision, current, schema });
}

async function lastRevision(collection: string, key: string, database: Knex): Promise<Item | null> {
	const oldest = database('directus_revisions').select(database.raw(`max(id) - ${SEARCHED_MAX}`));
	const row: { data: unknown } | undefined = await database('directus_revisions')
		.select('data')
		.where('id', '>', oldest)
		.where({ collection, item: key })
		// Revisions of a content version tell about the draft, not about the item.
		.whereNull('version')
		.orderBy('id', 'desc')
		.first();
	const data: unknown = typeof row?.data === 'string' ? JSON.parse(row.data) : row?.data;
	return isItem(data) ? data : null;
}

/**
 * Completes a revision to the whole item. A create's revision holds only what the client sent, and as the client spelled
 * it; every other column had the schema's default then. Foreign keys are in no revision, so they stay out: absent means
 * unknown.
 */
export function completeItem(
	collection: CollectionOverview,
	key: string,
	{ revision, current, schema }: { revision: Item; current: Item | null; schema: SchemaOverview },
): Item {
	const foreignKeys = foreignKeysOf(collection, schema);
	const item: Item = {};
	for (const column of columnsOf(collection)) {
		const { field } = column;
		if (isSecret(column)) item[field] = maskSecret(current?.[field] ?? revision[field]);
		else if (field === collection.primary) item[field] = current?.[field] ?? keyValue(column, key);
		else if (!foreignKeys.includes(field)) item[field] = pastValue(column, revision, current);
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

function pastValue(column: FieldOverview, revision: Item, current: Item | null): unknown {
	if (column.field in revision) {
		const past = revision[column.field];
		const now = current?.[column.field];
		return sameValue(column.type, past, now) ? (now ?? null) : past;
	}
	if (isMadeAtCreation(column)) return current?.[column.field] ?? null;
	return column.defaultValue ?? null;
}

function keyValue(column: FieldOverview, key: string): string | number {
	return column.type === 'integer' ? Number(key) : key;
}

export function isItem(value: unknown): value is Item {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
