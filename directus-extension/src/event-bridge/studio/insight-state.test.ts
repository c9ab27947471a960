import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import { LEDGER, OUTBOX } from '../../lib/tables.js';
import { insertRows } from '../../testing/outbox-rows.js';
import { openDirectusLike } from '../../testing/sqlite.js';
import { insightState } from './insight-state.js';

const item = { collection: 'feedback', key: '1' };
const NOW = 100_000;
let database: Knex;

beforeEach(async () => {
	database = await openDirectusLike();
});

function state(
	deathOf: (eventId: string) => Promise<string | null> = async () => null,
): ReturnType<typeof insightState> {
	return insightState(item, { database, deathOf }, NOW);
}

test('of an item that nobody touched nothing is known', async () => {
	expect(await state()).toEqual({ stage: 'none', since: null, eventId: null, reason: null });
});

test.each([
	[{ state: 'pending' }, 'queued', null],
	[{ state: 'ignored' }, 'ignored', null],
	[{ state: 'published', settled_at: NOW }, 'published', null],
	[
		{ state: 'rejected', settled_at: NOW, error: '{"code":"contract","detail":"Ann is no number"}' },
		'rejected',
		'contract',
	],
])('a row that is %o makes it %s', async (row, stage, reason) => {
	await insertRows(database, 1, row);

	expect(await state()).toMatchObject({ stage, eventId: 'event-1', reason });
});

test('an effect of the event ends it; one of another event does not', async () => {
	await insertRows(database, 1, { state: 'published', settled_at: 1_000 });
	const effect = { reaction: 'enrich', collection: 'feedback', item: '1', sequence: 1, created_at: 2_000 };

	await database(LEDGER).insert({ ...effect, effect_id: 'a', event_id: 'another' });
	expect(await state()).toMatchObject({ stage: 'published' });

	await database(LEDGER).insert({ ...effect, effect_id: 'b', event_id: 'event-1' });
	expect(await state()).toMatchObject({ stage: 'analysed', since: '1970-01-01T00:00:02.000Z' });
});

test('whether it died is asked only when it has had its time', async () => {
	const asked: string[] = [];
	const deathOf = async (eventId: string): Promise<string> => {
		asked.push(eventId);
		return 'contract';
	};
	await insertRows(database, 1, { state: 'published', settled_at: NOW - 1_000 });

	expect(await state(deathOf)).toMatchObject({ stage: 'published' });
	expect(asked).toEqual([]);

	await database(OUTBOX).update({ settled_at: NOW - 6_000 });
	expect(await state(deathOf)).toMatchObject({ stage: 'dead', reason: 'contract' });
	expect(asked).toEqual(['event-1']);
});

test('a later row that was not to be told hides nothing', async () => {
	await insertRows(database, 1);
	await database(OUTBOX).insert({
		...(await database(OUTBOX).where('id', 1).first()),
		id: 2,
		event_id: 'event-2',
		state: 'ignored',
	});

	expect(await state()).toMatchObject({ stage: 'queued', eventId: 'event-1' });
});
