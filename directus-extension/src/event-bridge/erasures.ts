import type { Knex } from 'knex';
import { ERASED } from '../lib/tables.js';
import { invalid, object } from './input.js';

/** HMAC-SHA256 in hex. */
const HASH = /^[0-9a-f]{64}$/;

/** A customer as the sidecar names one that must not be named. */
export function customerHash(value: unknown, path: string): string {
	if (typeof value === 'string' && HASH.test(value)) return value;
	throw invalid(path, 'must be a keyed hash: 64 digits of a-f and 0-9');
}

export function parseErasure(body: unknown): string {
	return customerHash(object(body, 'the body')['customer'], 'customer');
}

/** Remembers that a customer was erased. Doing so twice is doing it once. */
export async function rememberErasure(customer: string, database: Knex): Promise<{ erased: true }> {
	await database(ERASED).insert({ customer, erased_at: Date.now() }).onConflict('customer').ignore();
	return { erased: true };
}

/** Those of the customers that were erased. */
export async function erasedOf(customers: Iterable<string>, database: Knex): Promise<Set<string>> {
	const asked = [...new Set(customers)];
	if (asked.length === 0) return new Set();
	return new Set<string>(await database(ERASED).whereIn('customer', asked).pluck('customer'));
}
