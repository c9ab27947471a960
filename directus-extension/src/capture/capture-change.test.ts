import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { beforeEach, describe, expect, test } from 'vitest';
import type { ChangePayload, Item } from '../lib/change.js';
import { OUTBOX } from '../lib/tables.js';
import { itemsServiceOn } from '../testing/items-service.js';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { SERVICE_ACCOUNT, settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { captureChange, trackedChange, type Activity } from './capture-change.js';
import { CapturePlans } from './capture-plan.js';

const customers = collection('customers', [
	field('id', { type: 'integer' }),
	field('tier'),
	field('token', { special: ['conceal'] }),
]);
const schema: SchemaOverview = schemaOf(feedback, customers, collection('directus_users', [field('id')]));
const settings = settingsWith();
let database: Knex;
let plans: CapturePlans;

beforeEach(async () => {
	database = await openDirectusLike();
	plans = new CapturePlans(settings);
});

const activity = (overrides: Partial<Activity> = {}): Activity => ({
	action: 'update',
	user: 'ann',
	collection: 'feedback',
	item: '1',
	...overrides,
});

async function capture(
	overrides: Partial<Activity> = {},
	remembered: Item | null = null,
): Promise<ChangePayload | null> {
	const change = trackedChange(activity(overrides), schema, plans, settings);
	if (change === null) return null;
	const captured = await captureChange(change, remembered, { services: itemsServiceOn(database), database, schema });
	const row = await database(OUTBOX).orderBy('id', 'desc').first('payload');
	return captured ? (JSON.parse(row.payload) as ChangePayload) : null;
}

function partly(fields: string): CapturePlans {
	return new CapturePlans(settingsWith({ EVENT_BRIDGE_FIELDS: fields }));
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
	expect(trackedChange(activity(overrides), schema, plans, settings)).toBeNull();
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

test('an update names what changed since the item was read before the write', async () => {
	await database('feedback').insert({ text: 'hi', rating: 1, customer: 8, date_created: 'then' });
	await revision({ id: 1, text: 'out of date', rating: 3 });
	const remembered = { id: 1, text: 'hi', rating: 4, status: 'new', customer: 7, password: null, date_created: 'then' };

	const change = await capture({}, remembered);

	expect(change?.previous).toEqual(remembered);
	expect(change?.changed).toEqual(['rating', 'customer']);
});

test('where nothing was read before the write, the last revision tells the past', async () => {
	await database('feedback').insert({ text: 'hi', rating: 1, date_created: 'then' });
	await revision({ id: 1, text: 'hi', rating: 5, status: 'new', date_created: 'then' });
	await revision({ id: 1, text: 'hi', rating: 4, status: 'new', date_created: 'then' });

	const change = await capture();

	expect(change?.previous).toMatchObject({ id: 1, rating: 4 });
	expect(change?.changed).toEqual(['rating', 'customer']);
});

test("a create's revision is completed: defaults, what was made at creation, and the key are not changes", async () => {
	await database('feedback').insert({ text: 'hi', rating: 1, date_created: 'then' });
	await revision({ text: 'hi' });

	const change = await capture();

	expect(change?.previous).toEqual({
		id: 1,
		text: 'hi',
		rating: null,
		status: 'new',
		password: null,
		date_created: 'then',
	});
	expect(change?.changed).toEqual(['rating', 'customer']);
});

test('a value that stayed is told as the database spells it, not as the client once did', async () => {
	await database('feedback').insert({ text: 'hello', rating: 4, date_created: 'then' });
	await revision({ text: 'hi', rating: '4.0' });

	const change = await capture();

	expect(change?.previous).toMatchObject({ text: 'hi', rating: 4 });
	expect(change?.changed).toEqual(['text', 'customer']);
});

test('a foreign key is in no revision: it is absent from such a past, and may have changed', async () => {
	await database('feedback').insert({ text: 'hi', customer: 8 });
	await revision({ text: 'hi' });

	const change = await capture();

	expect(change?.previous).not.toHaveProperty('customer');
	expect(change?.changed).toEqual(['customer']);
});

test('where Directus keeps no revisions any more, old ones are not the past', async () => {
	await database('feedback').insert({ text: 'hi' });
	await revision({ text: 'long ago' });
	const { collections } = schema;
	const activityOnly = {
		...schema,
		collections: { ...collections, feedback: { ...feedback, accountability: 'activity' as const } },
	};
	const change = trackedChange(activity(), activityOnly, plans, settings);
	if (change === null) throw new Error('expected a change');

	await captureChange(change, null, { services: itemsServiceOn(database), database, schema: activityOnly });

	const { payload } = await database(OUTBOX).first('payload');
	expect(JSON.parse(payload)).toMatchObject({ previous: null });
});

test('revisions are searched only so far back: no save waits for the whole table', async () => {
	await database('feedback').insert({ text: 'hi' });
	await revision({ text: 'long ago' }, { id: 1 });
	await revision({ text: 'another item' }, { id: 10_001, item: '2' });

	expect((await capture())?.previous).toBeNull();
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

describe('of a collection whose fields are not all watched', () => {
	const before = { id: 1, text: 'hi', rating: 4, status: 'new', customer: 7, password: null, date_created: 'then' };

	beforeEach(async () => {
		await database('feedback').insert(before);
		await database.schema.createTable('customers', (table) => {
			table.increments('id');
			table.string('tier');
			table.string('token');
		});
		await database('customers').insert({ id: 7, tier: 'gold', token: 'plain' });
	});

	test('only those are told, and always the key', async () => {
		plans = partly('feedback: rating status');
		await database('feedback').update({ rating: 1, text: 'secret' });

		const change = await capture({}, before);

		expect(change).toMatchObject({ item: { id: 1, rating: 1, status: 'new' }, changed: ['rating'] });
		expect(change?.previous).toEqual({ id: 1, rating: 4, status: 'new' });
		expect(JSON.stringify(change)).not.toContain('secret');
	});

	test('an update of others leaves a row that is never sent', async () => {
		plans = partly('feedback: * !text');
		await database('feedback').update({ text: 'edited' });

		expect(await capture({}, before)).toBeNull();

		const row = await database(OUTBOX).first();
		expect(row).toMatchObject({ state: 'ignored', payload: '{}' });
		expect(JSON.parse(row.error)).toEqual({ code: 'unwatched_fields' });
	});

	test('what Directus stamps with every update makes such an update no news', async () => {
		const stamped = field('date_created', { type: 'timestamp', special: ['date-updated'] });
		const { collections } = schema;
		const withStamp = { ...feedback, fields: { ...feedback.fields, date_created: stamped } };
		plans = partly('feedback: * !text');
		await database('feedback').update({ text: 'edited', date_created: 'now' });
		const stampedSchema = { ...schema, collections: { ...collections, feedback: withStamp } };
		const change = trackedChange(activity(), stampedSchema, plans, settings);
		if (change === null) throw new Error('expected a change');

		const context = { services: itemsServiceOn(database), database, schema: stampedSchema };

		expect(await captureChange(change, before, context)).toBe(false);
	});

	test('an update that changed nothing is told, as one of a whole collection is', async () => {
		plans = partly('feedback: * !text');

		expect(await capture({}, before)).toMatchObject({ changed: [] });
	});

	test.each(['create', 'update', 'delete'])(
		'fields of a relation come along on %s, with secrets masked',
		async (action) => {
			plans = partly('feedback: text customer.tier customer.token');

			const change = await capture({ action }, action === 'create' ? null : before);

			expect(change?.related).toEqual({ customer: { id: 7, tier: 'gold', token: '**********' } });
			expect(change?.item ?? {}).not.toHaveProperty('customer');
		},
	);

	test('a relation that names nothing is null, and one that is not known is absent', async () => {
		plans = partly('feedback: * customer.tier');
		await database('feedback').update({ customer: null });
		await revision({ id: 1, text: 'hi' });

		expect((await capture({ action: 'create' }))?.related).toEqual({ customer: null });
		expect((await capture({ action: 'delete' }))?.related).toEqual({});
	});
});
