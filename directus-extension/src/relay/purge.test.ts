import { expect, test, vi } from 'vitest';
import { LEDGER, OUTBOX } from '../lib/tables.js';
import { insertRows } from '../testing/outbox-rows.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { purge } from './purge.js';

const HOUR_MS = 3_600_000;
const NOW = 10_000_000;
const retention = { retentionMs: 100, ledgerRetentionMs: 1000 };

test.each([
	['published', NOW - HOUR_MS - 101, 0],
	['ignored', NOW - HOUR_MS - 101, 0],
	['published', NOW - HOUR_MS - 100, 1],
	['rejected', 1, 1],
	['pending', null, 1],
])('%s at %s: %i left', async (state, settledAt, left) => {
	const database = await openDirectusLike();
	await insertRows(database, 1, { state, settled_at: settledAt });

	await purge(database, retention, { now: NOW });

	expect(await database(OUTBOX).select()).toHaveLength(left);
});

test('a large purge goes in steps, and lets others in between', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 1001, { state: 'published', settled_at: 1 });
	const left: number[] = [];
	const pause = async (): Promise<void> => {
		left.push((await database(OUTBOX).select()).length);
	};

	await purge(database, retention, { now: NOW, pause });

	expect(left).toEqual([501, 1]);
	expect(await database(OUTBOX).select()).toEqual([]);
});

test('a purge that is not wanted any more ends with its step', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 1001, { state: 'published', settled_at: 1 });
	const isWanted = vi.fn(() => isWanted.mock.calls.length < 2);

	await purge(database, retention, { now: NOW, isWanted, pause: async () => undefined });

	expect(await database(OUTBOX).select()).toHaveLength(501);
});

test('an effect is remembered as long as its message may come again', async () => {
	const database = await openDirectusLike();
	const effect = { event_id: 'e', reaction: 'r', collection: 'c', item: '1', sequence: 1 };
	await database(LEDGER).insert([
		{ ...effect, effect_id: 'old', created_at: NOW - 1001 },
		{ ...effect, effect_id: 'young', created_at: NOW - 1000 },
	]);

	await purge(database, retention, { now: NOW });

	expect(await database(LEDGER).pluck('effect_id')).toEqual(['young']);
});
