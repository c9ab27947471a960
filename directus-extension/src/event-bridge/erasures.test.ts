import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import { openDirectusLike } from '../testing/sqlite.js';
import { erasedOf, parseErasure, rememberErasure } from './erasures.js';

const [ada, jonas] = ['a'.repeat(64), 'b'.repeat(64)];
let database: Knex;

beforeEach(async () => {
	database = await openDirectusLike();
});

test('an erasure is remembered, however often it is told', async () => {
	await rememberErasure(ada, database);
	await rememberErasure(ada, database);

	expect(await erasedOf([ada, jonas, ada], database)).toEqual(new Set([ada]));
	expect(await erasedOf([], database)).toEqual(new Set());
});

test.each([undefined, 7, '', 'ada@example.com', 'A'.repeat(64)])('%s is no keyed hash', (customer) => {
	expect(() => parseErasure({ customer })).toThrow('customer must be a keyed hash');
});
