import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import knex, { type Knex } from 'knex';
import BetterSqlite3 from 'knex/lib/dialects/better-sqlite3/index.js';
import { createTables } from '../lib/tables.js';

/** Node's own SQLite behind the face of better-sqlite3, so that the tests need no native build. */
class NodeSqlite {
	readonly #database: DatabaseSync;

	constructor(filename: string) {
		this.#database = new DatabaseSync(filename);
	}

	prepare(sql: string): {
		reader: boolean;
		all: (values: SQLInputValue[]) => unknown;
		run: (values: SQLInputValue[]) => unknown;
	} {
		const statement = this.#database.prepare(sql);
		return {
			reader: statement.columns().length > 0,
			all: (values) => statement.all(...values),
			run: (values) => statement.run(...values),
		};
	}

	close(): void {
		this.#database.close();
	}
}

class NodeSqliteClient extends BetterSqlite3 {
	override _driver(): unknown {
		return NodeSqlite;
	}
}

/** A real database in memory, or in a file where two connections must meet. */
export function openSqlite(filename = ':memory:'): Knex {
	return knex({ client: NodeSqliteClient, connection: { filename }, useNullAsDefault: true });
}

/** A database with our tables, those of Directus' that we read, and a collection to write to. */
export async function openDirectusLike(): Promise<Knex> {
	const database = openSqlite();
	await createTables(database);
	await database.schema.createTable('directus_activity', (table) => {
		table.increments('id');
		table.string('action');
		table.string('user');
		// Directus keeps epoch milliseconds on SQLite.
		table.datetime('timestamp');
		table.string('collection');
		table.string('item');
		table.index('timestamp');
	});
	await database.schema.createTable('directus_revisions', (table) => {
		table.increments('id');
		table.integer('activity');
		table.string('collection');
		table.string('item');
		table.text('data');
		table.text('delta');
		table.integer('version');
	});
	await database.schema.createTable('feedback', (table) => {
		table.increments('id');
		table.string('text');
		table.integer('rating');
		table.string('status').defaultTo('new');
		table.integer('customer');
		table.string('password');
		table.string('date_created');
	});
	return database;
}
