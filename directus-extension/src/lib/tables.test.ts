import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSqlite } from '../testing/sqlite.js';
import { createTables, LEDGER, OUTBOX } from './tables.js';

test('several processes may make the tables at the same time', async () => {
	const filename = join(mkdtempSync(join(tmpdir(), 'event-bridge-')), 'data.db');
	const databases = [openSqlite(filename), openSqlite(filename), openSqlite(filename)];
	onTestFinished(async () => {
		await Promise.all(databases.map((database) => database.destroy()));
	});

	await Promise.all(databases.map((database) => createTables(database)));

	for (const database of databases) {
		expect(await database.schema.hasTable(OUTBOX)).toBe(true);
		expect(await database.schema.hasTable(LEDGER)).toBe(true);
	}
});

test('tables that are there stay as they are', async () => {
	const database = openSqlite();
	await createTables(database);
	await database(LEDGER).insert({
		effect_id: 'a',
		event_id: 'e',
		reaction: 'r',
		collection: 'c',
		item: '1',
		sequence: 1,
		created_at: 1,
	});

	await createTables(database);

	expect(await database(LEDGER).select('effect_id')).toEqual([{ effect_id: 'a' }]);
});
