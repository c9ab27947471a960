import type { Knex } from 'knex';
import { beforeEach, expect, test, vi } from 'vitest';
import { itemsServiceOn } from '../testing/items-service.js';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { readItem, readItems, type ReadContext } from './read-item.js';

let database: Knex;
let context: ReadContext;

beforeEach(async () => {
	database = await openDirectusLike();
	context = { services: itemsServiceOn(database), database, schema: schemaOf(feedback) };
	await database('feedback').insert({ id: 1, text: 'hi', password: 'hash' });
	await database('feedback').insert({ id: 2, text: 'ho' });
});

test('an item costs one statement', async () => {
	const queries = vi.fn();
	database.on('query', queries);

	expect(await readItem(feedback, '1', context)).toMatchObject({ id: 1, text: 'hi' });
	expect(await readItem(feedback, '3', context)).toBeNull();

	expect(queries).toHaveBeenCalledTimes(2);
});

test("values come out of Directus' own casts", async () => {
	await database.schema.alterTable('feedback', (table) => table.text('json'));
	await database('feedback').where('id', 1).update({ json: '{"a":[1]}' });
	const withJson = collection('feedback', [field('id'), field('json', { type: 'json', special: ['cast-json'] })]);

	expect(await readItem(withJson, '1', context)).toEqual({ id: 1, json: { a: [1] } });
});

test('a secret never reaches the casts, which could decrypt it', async () => {
	const { PayloadService, ItemsService } = context.services;
	const seen = vi.spyOn(PayloadService.prototype, 'processValues');

	const items = await readItems(feedback, ['1', '2'], { ...context, services: { PayloadService, ItemsService } });

	expect(items.map(({ password }) => password)).toEqual(['**********', null]);
	expect(JSON.stringify(seen.mock.calls)).not.toContain('hash');
	seen.mockRestore();
});

test('geometries are read through the service, which knows how', async () => {
	const { PayloadService, ItemsService } = context.services;
	const read = vi.spyOn(ItemsService.prototype, 'readByQuery');
	const places = collection('feedback', [field('id'), field('text', { type: 'geometry.Point' })]);

	expect(await readItem(places, '1', { ...context, services: { PayloadService, ItemsService } })).toEqual({
		id: 1,
		text: 'hi',
	});
	expect(read).toHaveBeenCalledOnce();
	read.mockRestore();
});
