import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { itemsServiceOn } from '../testing/items-service.js';
import { feedback, schemaOf } from '../testing/schema.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { ItemMemory } from './item-memory.js';
import type { ReadContext } from './read-item.js';

let database: Knex;
let context: ReadContext;

beforeEach(async () => {
	database = await openDirectusLike();
	context = { services: itemsServiceOn(database), database, schema: schemaOf(feedback) };
	await database('feedback').insert({ id: 1, text: 'hi', customer: 7 });
});
afterEach(() => {
	vi.useRealTimers();
});

test('a memory serves one write only, so that it cannot pass for the past of a later one', async () => {
	const memory = new ItemMemory();
	await memory.remember(feedback, ['1'], context);

	expect(memory.take('feedback', '1')).toMatchObject({ id: 1, text: 'hi', customer: 7 });
	expect(memory.take('feedback', '1')).toBeNull();
});

test('a memory of a write that never came is forgotten', async () => {
	const memory = new ItemMemory();
	vi.useFakeTimers({ toFake: ['Date'] });
	await memory.remember(feedback, [1], context);
	vi.advanceTimersByTime(30_001);

	expect(memory.take('feedback', '1')).toBeNull();
});

test('a write of many items costs one statement for each thousand of them', async () => {
	const memory = new ItemMemory();
	const queries = vi.fn();
	database.on('query', queries);

	await memory.remember(
		feedback,
		Array.from({ length: 2500 }, (_none, index) => index),
		context,
	);

	expect(queries).toHaveBeenCalledTimes(3);
	expect(memory.take('feedback', '1')).toMatchObject({ text: 'hi' });
});
