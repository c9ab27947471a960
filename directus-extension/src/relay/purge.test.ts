import { expect, test } from 'vitest';
import { LEDGER, OUTBOX } from '../lib/tables.js';
import { insertRows } from '../testing/outbox-rows.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { purge } from './purge.js';

const NOW = 1_000_000;
const retention = { retentionMs: 100, ledgerRetentionMs: 1000 };

test.each([
	['published', NOW - 101, 0],
	['ignored', NOW - 101, 0],
	['published', NOW - 100, 1],
	['rejected', 1, 1],
	['pending', null, 1],
])('%s at %s: %i left', async (state, settledAt, left) => {
	const database = await openDirectusLike();
	await insertRows(database, 1, { state, settled_at: settledAt });

	await purge(database, retention, NOW);

	expect(await database(OUTBOX).select()).toHaveLength(left);
});

test('more than one step is purged to the end', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 1001, { state: 'published', settled_at: 1 });

	await purge(database, retention, NOW);

	expect(await database(OUTBOX).select()).toEqual([]);
});

test('an effect is remembered as long as its message may come again', async () => {
	const database = await openDirectusLike();
	const effect = { event_id: 'e', reaction: 'r', collection: 'c', item: '1', sequence: 1 };
	await database(LEDGER).insert([
		{ ...effect, effect_id: 'old', created_at: NOW - 1001 },
		{ ...effect, effect_id: 'young', created_at: NOW - 1000 },
	]);

	await purge(database, retention, NOW);

	expect(await database(LEDGER).pluck('effect_id')).toEqual(['young']);
});
