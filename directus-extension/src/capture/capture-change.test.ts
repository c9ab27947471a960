import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import type { ChangePayload } from '../lib/change.js';
import { OUTBOX } from '../lib/tables.js';
import { itemsServiceOn } from '../testing/items-service.js';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { SERVICE_ACCOUNT, settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { captureChange, trackedChange, type Activity } from './capture-change.js';
import { ForeignKeyMemory } from './foreign-key-memory.js';

const schema: SchemaOverview = schemaOf(feedback, collection('directus_users', [field('id')]));
const settings = settingsWith();
let database: Knex;
let memory: ForeignKeyMemory;

beforeEach(async () => {
	database = await openDirectusLike();
	memory = new ForeignKeyMemory();
});

const activity = (overrides: Partial<Activity> = {}): Activity => ({
	action: 'update',
	user: 'ann',
	collection: 'feedback',
	item: '1',
	...overrides,
});

async function capture(overrides: Partial<Activity> = {}): Promise<ChangePayload | null> {
	const change = trackedChange(activity(overrides), schema, settings);
	if (change === null) return null;
	const captured = await captureChange(change, memory, { services: itemsServiceOn(database), database, schema });
	const row = await database(OUTBOX).orderBy('id', 'desc').first('payload');
	return captured ? (JSON.parse(row.payload) as ChangePayload) : null;
}

async function revision(data: unknown, overrides: object = {}): Promise<void> {
	await database('directus_revisions').insert({
		collection: 'feedback',
		item: '1',
		data: JSON.stringify(data),
		...overrides,
	});
}

test.each([
	['a version that was saved', { action: 'version_save' }],
	['a Flow that ran', { action: 'run', collection: 'directus_flows' }],
	['a login', { action: 'login', collection: 'directus_users' }],
	['a change of a system collection', { collection: 'directus_users' }],
	['a change of a collection that is gone', { collection: 'orders' }],
	['what the sidecar wrote back', { user: SERVICE_ACCOUNT }],
])('%s is not announced', (_what, overrides) => {
	expect(trackedChange(activity(overrides), schema, settings)).toBeNull();
});

test('a create is announced with the item as the database made it', async () => {
	await database('feedback').insert({ text: 'hi', rating: 4 });

	const change = await capture({ action: 'create', item: 1 });

	expect(change).toMatchObject({
		userId: 'ann',
		item: { id: 1, text: 'hi', rating: 4, status: 'new', customer: null },
		previous: null,
		changed: [],
		capture: 'transactional',
	});
	expect(change?.item).not.toHaveProperty('comments');
	expect(await database(OUTBOX).select('collection', 'item', 'action', 'kind', 'state')).toEqual([
		{ collection: 'feedback', item: '1', action: 'create', kind: 'change', state: 'pending' },
	]);
});

test('the update of an item that is not there leaves a row that is never sent', async () => {
	expect(await capture()).toBeNull();

	const row = await database(OUTBOX).first();
	expect(row).toMatchObject({ collection: 'feedback', item: '1', action: 'update', state: 'ignored', payload: '{}' });
	expect(JSON.parse(row.error)).toEqual({ code: 'item_missing' });
	expect(row.settled_at).toBe(row.created_at);
});

test('an update names what changed since the last revision', async () => {
	await database('feedback').insert({ text: 'hi', rating: 1, date_created: 'then' });
	await revision({ id: 1, text: 'hi', rating: 5, status: 'new', date_created: 'then' });
	await revision({ id: 1, text: 'hi', rating: 4, status: 'new', date_created: 'then' });
	await memory.remember(feedback, [1], { database, schema });

	const change = await capture();

	expect(change?.previous).toMatchObject({ id: 1, rating: 4 });
	expect(change?.changed).toEqual(['rating']);
});

test("a create's revision is completed: defaults, what was made at creation, and the key are not changes", async () => {
	await database('feedback').insert({ text: 'hi', rating: 1, date_created: 'then' });
	await revision({ text: 'hi' });
	await memory.remember(feedback, [1], { database, schema });

	const change = await capture();

	expect(change?.previous).toEqual({
		id: 1,
		text: 'hi',
		rating: null,
		status: 'new',
		customer: null,
		password: null,
		date_created: 'then',
	});
	expect(change?.changed).toEqual(['rating']);
});

test('a foreign key that was read before the write is known, though no revision holds it', async () => {
	await database('feedback').insert({ text: 'hi', customer: 7 });
	await revision({ text: 'hi' });
	await memory.remember(feedback, [1], { database, schema });
	await database('feedback').update({ customer: 8 });

	const change = await capture();

	expect(change?.previous).toMatchObject({ customer: 7 });
	expect(change?.changed).toEqual(['customer']);
});

test('a foreign key that nobody read before is absent from the past, and may have changed', async () => {
	await database('feedback').insert({ text: 'hi', customer: 8 });
	await revision({ text: 'hi' });

	const change = await capture();

	expect(change?.previous).not.toHaveProperty('customer');
	expect(change?.changed).toEqual(['customer']);
});

test("revisions of a version's draft are not the item's past", async () => {
	await database('feedback').insert({ text: 'published' });
	await revision({ text: 'published' });
	await revision({ text: 'draft' }, { version: 3 });

	expect((await capture())?.previous).toMatchObject({ text: 'published' });
});

test('without a revision everything but the key may have changed', async () => {
	await database('feedback').insert({ text: 'hi' });

	const change = await capture();

	expect(change?.previous).toBeNull();
	expect(change?.changed).toEqual(['text', 'rating', 'status', 'customer', 'date_created']);
});

test('a deleted item is announced as it was last', async () => {
	await revision({ id: 1, text: 'bye', rating: 2, status: 'old', date_created: 'then' });

	const change = await capture({ action: 'delete' });

	expect(change).toMatchObject({ item: null, changed: [], previous: { id: 1, text: 'bye', status: 'old' } });
});

test('a secret is masked wherever it is, and its change is not told', async () => {
	await database('feedback').insert({ text: 'hi', password: 'new hash' });
	await revision({ text: 'hi', password: 'plain' });

	const change = await capture();

	expect(JSON.stringify(change)).not.toMatch(/hash|plain/);
	expect(change?.item).toMatchObject({ password: '**********' });
	expect(change?.changed).not.toContain('password');
});
