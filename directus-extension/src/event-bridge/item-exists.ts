import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Effect } from '../lib/effect.js';
import { canBeKey } from '../lib/key.js';
import { EffectDeclined } from './ledger.js';

interface Context {
	database: Knex;
	schema: SchemaOverview;
}

/** Directus lets an admin update an item that does not exist, and says nothing. */
export async function assertItemExists(effect: Effect, context: Context): Promise<void> {
	if (!(await itemExists(effect, context))) throw new EffectDeclined('missing');
}

export async function itemExists({ collection, key }: Effect, { database, schema }: Context): Promise<boolean> {
	const primary = schema.collections[collection]?.primary ?? 'id';
	const type = schema.collections[collection]?.fields[primary]?.type;
	if (!canBeKey(type, key)) return false;

	const row: unknown = await database(collection).select(primary).where(primary, key).first();
	return row !== undefined;
}
