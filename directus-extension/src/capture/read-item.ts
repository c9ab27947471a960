import type { CollectionOverview, ExtensionsServices, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Item } from '../lib/change.js';
import { columnsOf, isSecret, SECRET_MASK } from './columns.js';

export interface ReadItemContext {
	services: Pick<ExtensionsServices, 'ItemsService'>;
	database: Knex;
	schema: SchemaOverview;
}

/**
 * The item's columns as Directus returns them, with JSON, dates and booleans cast alike on every database, and secrets
 * masked; `null` when the row is not there. Reads on the given database only, which may be an open transaction.
 */
export async function readItem(
	collection: CollectionOverview,
	key: string,
	{ services, database, schema }: ReadItemContext,
): Promise<Item | null> {
	const columns = columnsOf(collection);
	const service = new services.ItemsService(collection.collection, { knex: database, schema, accountability: null });
	const [row] = await service.readByQuery(
		{ filter: { [collection.primary]: { _eq: key } }, fields: columns.map(({ field }) => field), limit: 1 },
		{ emitEvents: false },
	);
	if (row === undefined) return null;

	for (const column of columns.filter(isSecret)) row[column.field] = maskSecret(row[column.field]);
	// What is stored must be what is compared: a value that JSON changes (a date, a buffer) is changed here.
	const item: Item = JSON.parse(JSON.stringify(row));
	return item;
}

export function maskSecret(value: unknown): string | null {
	return value === null || value === undefined ? null : SECRET_MASK;
}
