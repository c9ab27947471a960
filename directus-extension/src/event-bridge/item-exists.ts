import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Effect } from '../lib/effect.js';
import { canBeKey } from '../lib/key.js';

interface Context {
	database: Knex;
	schema: SchemaOverview;
}

export async function itemExists(effect: Effect, context: Context): Promise<boolean> {
	const row: unknown = await itemQuery(effect, context)?.first(context.database.raw('1 as found'));
	return row !== undefined;
}

/** The effect's item, of which nothing is selected yet; `null` when the collection can have no such key. */
export function itemQuery({ collection, key }: Effect, { database, schema }: Context): Knex.QueryBuilder | null {
	const primary = schema.collections[collection]?.primary ?? 'id';
	const type = schema.collections[collection]?.fields[primary]?.type;
	return canBeKey(type, key) ? database(collection).where(primary, key) : null;
}
