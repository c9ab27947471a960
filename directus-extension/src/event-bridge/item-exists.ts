import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Effect } from '../lib/effect.js';
import { EffectDeclined } from './ledger.js';

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const INTEGER_MAX = 2 ** 31 - 1;

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
	// PostgreSQL answers with an error, and not with "no row", to a key that the column's type cannot hold.
	if (type === 'uuid' && !UUID.test(key)) return false;
	if (type === 'integer' && !(Number.isInteger(Number(key)) && Math.abs(Number(key)) <= INTEGER_MAX)) return false;
	if (type === 'bigInteger' && !/^-?\d{1,18}$/.test(key)) return false;

	const row: unknown = await database(collection).select(primary).where(primary, key).first();
	return row !== undefined;
}
