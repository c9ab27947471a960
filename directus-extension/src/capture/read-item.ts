import type { CollectionOverview, ExtensionsServices, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Item } from '../lib/change.js';
import { columnsOf, isGeometry, isSecret, SECRET_MASK } from './columns.js';

export interface ReadContext {
	services: Pick<ExtensionsServices, 'ItemsService' | 'PayloadService'>;
	database: Knex;
	schema: SchemaOverview;
}

/** One item as [`readItems`] gives it, or `null` when the row is not there. */
export async function readItem(
	collection: CollectionOverview,
	key: string,
	context: ReadContext,
): Promise<Item | null> {
	return (await readItems(collection, [key], context))[0] ?? null;
}

/**
 * The items' columns as the REST API returns them, with JSON, dates and booleans cast alike on every database, and
 * secrets masked. Reads on the given database only, which may be an open transaction.
 */
export async function readItems(collection: CollectionOverview, keys: string[], context: ReadContext): Promise<Item[]> {
	const columns = columnsOf(collection);
	const secrets = columns.filter(isSecret).map(({ field }) => field);
	const names = columns.map(({ field }) => field);
	const rows = columns.some(isGeometry)
		? await readThroughService(collection, names, keys, context)
		: await readRows(collection, names, secrets, keys, context);

	for (const row of rows) for (const name of secrets) row[name] = maskSecret(row[name]);
	return rows;
}

export function maskSecret(value: unknown): string | null {
	return value === null || value === undefined ? null : SECRET_MASK;
}

/** One statement and Directus' own casts: within a save, the service's way to the same values would be half the cost. */
async function readRows(
	{ collection, primary }: CollectionOverview,
	names: string[],
	secrets: string[],
	keys: string[],
	{ services, database, schema }: ReadContext,
): Promise<Item[]> {
	const rows: Item[] = await database(collection).select(names).whereIn(primary, keys);
	if (rows.length === 0) return rows;

	// Casting without accountability decrypts: secrets are taken out before, and put back as they were.
	const hidden = rows.map((row) => Object.fromEntries(secrets.map((name) => [name, row[name]])));
	for (const row of rows) for (const name of secrets) delete row[name];
	const payloads = new services.PayloadService(collection, { knex: database, schema, accountability: null });
	const cast: Item[] = await payloads.processValues('read', rows);
	cast.forEach((row, index) => Object.assign(row, hidden[index]));
	return cast;
}

/** Geometries are read through functions that only the service knows. */
async function readThroughService(
	{ collection, primary }: CollectionOverview,
	fields: string[],
	keys: string[],
	{ services, database, schema }: ReadContext,
): Promise<Item[]> {
	const service = new services.ItemsService(collection, { knex: database, schema, accountability: null });
	return await service.readByQuery({ filter: { [primary]: { _in: keys } }, fields, limit: -1 }, { emitEvents: false });
}
