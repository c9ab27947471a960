import type { CollectionOverview } from '@directus/types';
import type { Knex } from 'knex';
import { isSqlite } from './dialect.js';

/**
 * Lets nobody change the items until the transaction ends: what is read of them now then has its right place among their
 * changes. SQLite has one writer at a time anyway.
 */
export async function lockItems(
	{ collection, primary }: CollectionOverview,
	keys: readonly string[],
	transaction: Knex,
): Promise<void> {
	if (isSqlite(transaction)) return;
	await transaction(collection).select(primary).whereIn(primary, keys).forUpdate();
}
