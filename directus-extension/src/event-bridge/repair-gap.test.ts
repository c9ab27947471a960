import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import { CapturePlans } from '../capture/capture-plan.js';
import type { ChangePayload } from '../lib/change.js';
import { OUTBOX } from '../lib/tables.js';
import { itemsServiceOn } from '../testing/items-service.js';
import { feedback, schemaOf } from '../testing/schema.js';
import { settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import type { TrackedActivity } from './match-activities.js';
import { repairGap } from './repair-gap.js';

const activity: TrackedActivity = {
	id: 12,
	collection: 'feedback',
	key: '42',
	action: 'update',
	at: Date.parse('2026-11-21T10:30:00.123Z'),
	userId: 'ann',
};
const schema = schemaOf(feedback);
let database: Knex;

async function repair(overrides: Partial<TrackedActivity> = {}, fields = '*'): Promise<void> {
	const plans = new CapturePlans(settingsWith({ EVENT_BRIDGE_FIELDS: fields }));
	const context = { database, plans, project: 'directus', schema, services: itemsServiceOn(database) };
	await repairGap({ ...activity, ...overrides }, context);
}
async function payload(): Promise<ChangePayload> {
	const row: { payload: string } = await database(OUTBOX).first();
	return JSON.parse(row.payload);
}
async function revise(id: number, data: object, delta: object = data): Promise<void> {
	const revision = { collection: 'feedback', item: '42', data: JSON.stringify(data), delta: JSON.stringify(delta) };
	await database('directus_revisions').insert({ ...revision, activity: id });
}

beforeEach(async () => {
	database = await openDirectusLike();
});

test('a missed update tells the item as it is now, what was written then, and what it was before', async () => {
	await database('feedback').insert({ id: 42, text: 'newest', rating: 2, customer: 7, date_created: 'then' });
	await revise(11, { text: 'first', rating: 5 });
	await revise(12, { id: 42, text: 'second', rating: 5 }, { text: 'second' });
	await revise(13, { id: 42, text: 'newest', rating: 2 }, { text: 'newest', rating: 2 });

	await repair();

	expect(await database(OUTBOX).first()).toMatchObject({ activity_id: 12, state: 'pending', item: '42' });
	expect(await payload()).toMatchObject({
		occurredAt: '2026-11-21T10:30:00.123Z',
		userId: 'ann',
		item: { id: 42, text: 'newest', rating: 2, customer: 7 },
		previous: { id: 42, text: 'first', rating: 5, date_created: 'then' },
		changed: ['text'],
		capture: 'repair',
	});
});

test('repairing twice leaves one row', async () => {
	await database('feedback').insert({ id: 42, text: 'here' });

	await repair();
	await repair();

	expect(await database(OUTBOX).select()).toHaveLength(1);
});

test('another activity is another row', async () => {
	await database('feedback').insert({ id: 42, text: 'here' });

	await repair();
	await repair({ id: 13 });

	expect(await database(OUTBOX).pluck('activity_id')).toEqual([12, 13]);
});

test('a missed delete tells the item as it was last', async () => {
	await revise(11, { id: 42, text: 'last words', rating: 1 }, { text: 'last words' });

	await repair({ action: 'delete' });

	expect(await payload()).toMatchObject({ item: null, previous: { id: 42, text: 'last words' }, changed: [] });
});

test('a missed create of an item that is gone by now tells what was created', async () => {
	await revise(12, { text: 'short life' });

	await repair({ action: 'create' });

	expect(await payload()).toMatchObject({
		item: { id: 42, text: 'short life', status: 'new', rating: null },
		previous: null,
	});
});

test('a change of an item that nobody knows anything about leaves a row that says so', async () => {
	await repair();

	const row = await database(OUTBOX).first();
	expect(row).toMatchObject({ activity_id: 12, state: 'ignored', error: '{"code":"item_missing"}', payload: '{}' });
});

test('without a revision an update may have written any column', async () => {
	await database('feedback').insert({ id: 42, text: 'here' });

	await repair();

	const { changed, previous } = await payload();
	expect(changed).toEqual(['text', 'rating', 'status', 'customer', 'password', 'date_created']);
	expect(previous).toBeNull();
});

test('what is not watched is told as little as by the capture', async () => {
	await database('feedback').insert({ id: 42, text: 'here', rating: 3 });
	await revise(11, { text: 'before', rating: 5 });
	await revise(12, { text: 'here', rating: 3 }, { text: 'here', rating: 3 });

	await repair({}, 'feedback: rating');

	expect(await payload()).toMatchObject({ item: { id: 42, rating: 3 }, previous: { rating: 5 }, changed: ['rating'] });
	expect(JSON.stringify(await payload())).not.toContain('here');
});

test('an update of nothing that is watched leaves a row that says so', async () => {
	await database('feedback').insert({ id: 42, text: 'here' });
	await revise(12, { text: 'here' }, { text: 'here' });

	await repair({}, 'feedback: rating');

	expect(await database(OUTBOX).first()).toMatchObject({ state: 'ignored', error: '{"code":"unwatched_fields"}' });
});

test('a failed repair leaves nothing behind', async () => {
	await database('feedback').insert({ id: 42, text: 'here' });
	await database('directus_revisions').insert({ activity: 12, collection: 'feedback', item: '42', delta: 'no JSON' });

	await expect(repair()).rejects.toThrow();

	expect(await database(OUTBOX).select()).toEqual([]);
});
