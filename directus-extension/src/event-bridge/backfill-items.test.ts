import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import { CapturePlans } from '../capture/capture-plan.js';
import type { ChangePayload } from '../lib/change.js';
import { OUTBOX } from '../lib/tables.js';
import { itemsServiceOn } from '../testing/items-service.js';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { backfillItems, parseBackfill, type BackfillPage, type BackfillRequest } from './backfill-items.js';

const named = collection('countries', [field('code'), field('name')], { primary: 'code' });
const assets = collection('assets', [field('id', { type: 'uuid' })]);
const schema = schemaOf(feedback, named, assets);
const request: BackfillRequest = { collection: 'feedback', after: null, limit: 100, run: 'first', count: true };
let database: Knex;

function backfill(overrides: Partial<BackfillRequest> = {}, fields = '*'): Promise<BackfillPage> {
	const plans = new CapturePlans(settingsWith({ EVENT_BRIDGE_COLLECTIONS: '*,!drafts', EVENT_BRIDGE_FIELDS: fields }));
	const context = { database, plans, project: 'directus', schema, services: itemsServiceOn(database) };
	return backfillItems({ ...request, ...overrides }, context);
}
const recorded = (): Promise<string[]> => database(OUTBOX).orderBy('id').pluck('item');
const feedbacks = (count: number): object[] =>
	Array.from({ length: count }, (_, index) => ({ id: index + 1, text: `Idea ${index + 1}` }));

beforeEach(async () => {
	database = await openDirectusLike();
});

test('an item becomes a change as if it had been created just when it was', async () => {
	const created = '2020-02-02T02:02:02.222Z';
	await database('feedback').insert({ id: 42, text: 'long ago', date_created: created });

	const page = await backfill();

	expect(page).toEqual({ recorded: 1, skipped: 0, last: '42', total: 1, pending: 1 });
	const row = await database(OUTBOX).first();
	expect(row).toMatchObject({ kind: 'change', collection: 'feedback', item: '42', action: 'create' });
	expect(JSON.parse(row.payload) as ChangePayload).toMatchObject({
		occurredAt: created,
		item: { id: 42, text: 'long ago' },
		previous: null,
		changed: [],
		capture: 'backfill',
	});
});

test('pages follow each other in order of the key, to the last item', async () => {
	await database('feedback').insert(feedbacks(5));

	const first = await backfill({ limit: 2 });
	const second = await backfill({ limit: 2, after: first.last, count: false });
	const third = await backfill({ limit: 2, after: second.last });
	const end = await backfill({ limit: 2, after: third.last });

	expect([first.last, second.last, third.last, end.last]).toEqual(['2', '4', '5', null]);
	expect([first.total, second.total, third.total, end.total]).toEqual([5, null, 1, 0]);
	expect(await recorded()).toEqual(['1', '2', '3', '4', '5']);
});

test('integer keys are compared as numbers', async () => {
	await database('feedback').insert(feedbacks(12));

	const page = await backfill({ after: '9' });

	expect(page).toMatchObject({ recorded: 3, last: '12' });
});

test('a run that is repeated, or resumed too early, doubles nothing; another run announces anew', async () => {
	await database('feedback').insert(feedbacks(3));

	await backfill({ limit: 2 });
	expect(await backfill({ after: '1' })).toMatchObject({ recorded: 1, skipped: 1 });
	expect(await backfill()).toMatchObject({ recorded: 0, skipped: 3, pending: 3 });
	expect(await backfill({ run: 'second' })).toMatchObject({ recorded: 3, skipped: 0, pending: 6 });
});

test('a key may be a text', async () => {
	await database.schema.createTable('countries', (table) => {
		table.string('code').primary();
		table.string('name');
	});
	await database('countries').insert([
		{ code: "it's", name: 'quoted' },
		{ code: 'de', name: 'Germany' },
		{ code: 'DE', name: 'capital' },
	]);

	const first = await backfill({ collection: 'countries', limit: 2 });
	const second = await backfill({ collection: 'countries', after: first.last });

	expect([first.last, second.last]).toEqual(['de', "it's"]);
	expect(await recorded()).toEqual(['DE', 'de', "it's"]);
});

test('only watched fields are told', async () => {
	await database('feedback').insert(feedbacks(1));

	await backfill({}, 'feedback: * !text');

	expect(JSON.stringify(await database(OUTBOX).first())).not.toContain('Idea');
});

test.each([
	['a collection that is not there', { collection: 'nowhere' }, 'collection'],
	['a collection that is not watched', { collection: 'drafts' }, 'collection'],
	["a collection of Directus' own", { collection: 'directus_users' }, 'collection'],
	['a key that is no number', { after: 'x' }, 'after'],
	['a key that is no uuid', { collection: 'assets', after: '1' }, 'after'],
])('%s is refused, with the path', async (_what, overrides, path) => {
	await expect(backfill(overrides)).rejects.toThrow(
		expect.objectContaining({ code: 'INVALID_PAYLOAD', message: expect.stringContaining(`${path} must`) }),
	);
	expect(await recorded()).toEqual([]);
});

test('a request names its collection and its run', () => {
	expect(parseBackfill({ collection: 'feedback', run: 'first' })).toEqual(request);
	expect(parseBackfill({ ...request, after: '7', limit: 5, count: false })).toEqual({
		...request,
		after: '7',
		limit: 5,
		count: false,
	});
});

test.each([
	[{ run: 'first' }, 'collection'],
	[{ collection: 'feedback' }, 'run'],
	[{ ...request, run: 'x'.repeat(65) }, 'run'],
	[{ ...request, limit: 101 }, 'limit'],
	[{ ...request, after: 7 }, 'after'],
	[{ ...request, count: 'yes' }, 'count'],
])('%o is refused, with the path', (body, path) => {
	expect(() => parseBackfill(body)).toThrow(expect.objectContaining({ message: expect.stringContaining(path) }));
});
