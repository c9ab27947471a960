import type { Knex } from 'knex';

/** SQLite has one writer at a time and no row locks. */
export function isSqlite(database: Knex): boolean {
	return dialectOf(database) === 'sqlite3';
}

export function isPostgres(database: Knex): boolean {
	return dialectOf(database) === 'postgresql';
}

/** Whether rows that another process is leasing can be stepped over. */
export function canSkipLocked(database: Knex): boolean {
	return ['postgresql', 'mysql'].includes(dialectOf(database));
}

/** Whether an update can return the rows that it changed. */
export function canReturnUpdated(database: Knex): boolean {
	return ['sqlite3', 'postgresql', 'cockroachdb'].includes(dialectOf(database));
}

/** What Directus' timestamps are cut to. */
export function timestampPrecisionMs(database: Knex): number {
	return dialectOf(database) === 'mysql' ? 1000 : 1;
}

function dialectOf(database: Knex): string {
	const client: unknown = database.client;
	return typeof client === 'object' && client !== null && 'dialect' in client ? String(client.dialect) : '';
}
