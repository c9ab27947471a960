import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { isPostgres } from './dialect.js';

/**
 * The extension's own tables. They are plumbing: made with knex and without a `directus_collections` row, so that they
 * count against no licence limit and nobody edits them by accident. All times are epoch milliseconds, because those
 * compare alike on every database.
 */
export const OUTBOX = 'event_bridge_outbox';
export const LEDGER = 'event_bridge_effects';
export const ERASED = 'event_bridge_erased';

const ATTEMPTS_MAX = 10;
const PAUSE_MS = 200;

/** Makes the tables where they are missing. Any number of processes may do so at the same time. */
export async function createTables(database: Knex): Promise<void> {
	await createTable(database, OUTBOX, defineOutbox, pendingIndex);
	await createTable(database, LEDGER, defineLedger);
	await createTable(database, ERASED, defineErased);
}

function defineOutbox(table: Knex.CreateTableBuilder): void {
	// The id is the change's sequence on the wire.
	table.bigIncrements('id');
	table.string('event_id', 36).notNullable().unique();
	table.integer('activity_id');
	table.string('kind', 16).notNullable();
	table.string('collection').notNullable();
	table.string('item').notNullable();
	table.string('action', 16).notNullable();
	table.text('payload', 'longtext').notNullable();
	table.string('state', 16).notNullable();
	table.integer('attempts').notNullable().defaultTo(0);
	table.bigInteger('available_at').notNullable();
	table.bigInteger('lease_until');
	table.string('lease_owner', 36);
	table.text('error');
	table.bigInteger('created_at').notNullable();
	table.bigInteger('settled_at');
	// The relay takes pending rows in order of their id; the purge takes settled ones by age. Every save pays for
	// each index, and every lease for one over a column of the lease: so there are no others.
	table.index(['state', 'id']);
	table.index(['state', 'settled_at']);
	// The check for gaps takes rows by age. In order of time, as rows are inserted, an index costs next to nothing.
	table.index(['created_at']);
}

/**
 * PostgreSQL expects to meet a pending row early on its way along the ids, and would read past every delivered one. An
 * index of pending rows only shows it the way. SQLite takes the index over state and id by itself.
 */
async function pendingIndex(database: Knex): Promise<void> {
	if (!isPostgres(database)) return;
	await database.raw(`create index event_bridge_outbox_pending on ${OUTBOX} (id) where state = 'pending'`);
}

function defineLedger(table: Knex.CreateTableBuilder): void {
	table.string('effect_id', 64).primary();
	table.string('event_id', 64).notNullable();
	table.string('reaction', 64).notNullable();
	table.string('collection').notNullable();
	table.string('item').notNullable();
	table.bigInteger('sequence').notNullable();
	table.bigInteger('created_at').notNullable();
	table.index(['collection', 'item', 'reaction', 'sequence']);
	table.index(['created_at']);
}

/** Of an erased customer nothing is left but a hash, whose key is not in the database. */
function defineErased(table: Knex.CreateTableBuilder): void {
	table.string('customer', 64).primary();
	table.bigInteger('erased_at').notNullable();
}

async function createTable(
	database: Knex,
	name: string,
	define: (table: Knex.CreateTableBuilder) => void,
	complete: (transaction: Knex) => Promise<void> = async () => undefined,
): Promise<void> {
	for (let attempt = 1; !(await database.schema.hasTable(name)); attempt += 1) {
		try {
			// In a transaction, so that nobody ever sees the table without its indices.
			await database.transaction(async (transaction) => {
				await transaction.schema.createTable(name, define);
				await complete(transaction);
			});
		} catch (error) {
			// Most likely another process makes the table right now: look again before calling it a failure.
			if (attempt === ATTEMPTS_MAX) throw new Error(`cannot create the table ${name}`, { cause: error });
			await sleep(PAUSE_MS);
		}
	}
}
