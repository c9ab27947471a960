import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { feedback, schemaOf } from '../testing/schema.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { ForeignKeyMemory } from './foreign-key-memory.js';

const schema = schemaOf(feedback);
let database: Knex;

beforeEach(async () => {
	database = await openDirectusLike();
	await database('feedback').insert({ id: 1, customer: 7 });
});
afterEach(() => {
	vi.useRealTimers();
});

test('a memory serves one write only, so that it cannot pass for the past of a later one', async () => {
	const memory = new ForeignKeyMemory();
	await memory.remember(feedback, ['1'], { database, schema });

	expect(memory.take(feedback, '1')).toEqual({ customer: 7 });
	expect(memory.take(feedback, '1')).toEqual({});
});

test('a memory of a write that never came is forgotten', async () => {
	const memory = new ForeignKeyMemory();
	vi.useFakeTimers({ toFake: ['Date'] });
	await memory.remember(feedback, [1], { database, schema });
	vi.advanceTimersByTime(30_001);

	expect(memory.take(feedback, '1')).toEqual({});
});

test('a collection without foreign keys costs no query', async () => {
	const memory = new ForeignKeyMemory();
	const queries = vi.fn();
	database.on('query', queries);

	await memory.remember(feedback, [1], { database, schema: { ...schema, relations: [] } });

	expect(queries).not.toHaveBeenCalled();
});
