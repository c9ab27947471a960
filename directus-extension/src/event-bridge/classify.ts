import { isDirectusError } from '@directus/errors';
import type { EffectError } from '../lib/effect.js';

/** What an error of a write means for its effect: whether the same effect can pass later. */
export interface Classified {
	verdict: 'refused' | 'retry';
	error: EffectError;
}

/** SQLite's and PostgreSQL's codes for "not now": locks, deadlocks, time limits, connections, restarts. */
const BUSY = /^(?:SQLITE_BUSY|SQLITE_LOCKED|40\w{3}|53\w{3}|55P03|57\w{3}|08\w{3}|EPIPE|ETIMEDOUT|ECONN[A-Z]+)/;
/** Codes for a value or a row that the table will never take. */
const IMPOSSIBLE = /^(?:SQLITE_CONSTRAINT|SQLITE_MISMATCH|22\w{3}|23\w{3})/;
/** Refused by the licence, the state of the instance or of the account, not because of the effect: an admin can mend these. */
const MENDABLE = new Set([
	'RESOURCE_RESTRICTED',
	'LIMIT_EXCEEDED',
	'COLLECTION_INACTIVE',
	'INVALID_TOKEN',
	'TOKEN_EXPIRED',
	'USER_SUSPENDED',
	'INVALID_CREDENTIALS',
]);
const CAUSES_MAX = 5;

/** Classifies by code only. Directus' own messages quote values, so ours name the code and the field instead. */
export function classify(error: unknown): Classified {
	// Validation throws one error for each field that is wrong.
	if (Array.isArray(error)) return classify(error[0]);
	if (isDirectusError(error)) {
		const isTransient = error.status >= 500 || error.status === 408 || error.status === 429 || MENDABLE.has(error.code);
		return { verdict: isTransient ? 'retry' : 'refused', error: describe(error.code, error.extensions) };
	}
	const codes = codesOf(error);
	if (codes.some((code) => BUSY.test(code))) {
		return { verdict: 'retry', error: { code: 'DATABASE_BUSY', message: 'the database is busy' } };
	}
	const impossible = codes.find((code) => IMPOSSIBLE.test(code));
	if (impossible !== undefined) {
		return { verdict: 'refused', error: { code: 'INVALID_VALUE', message: `the database refuses it (${impossible})` } };
	}
	return { verdict: 'retry', error: { code: 'UNKNOWN', message: 'the write failed for an unknown reason' } };
}

function describe(code: string, extensions: unknown): EffectError {
	if (code === 'FORBIDDEN') return { code, message: "You don't have permission to access this." };
	const field = typeof extensions === 'object' && extensions !== null && 'field' in extensions && extensions.field;
	const where = typeof field === 'string' ? ` for the field "${field}"` : '';
	return { code, message: `Directus refuses it${where} (${code})` };
}

/** The codes of an error and its causes: Directus wraps the deadlock it gave up on. */
function codesOf(error: unknown): string[] {
	const codes: string[] = [];
	let current = error;
	for (let depth = 0; depth < CAUSES_MAX && current instanceof Error; depth += 1) {
		if ('code' in current) codes.push(String(current.code));
		if (current.name === 'KnexTimeoutError') codes.push('ETIMEDOUT');
		current = current.cause;
	}
	return codes;
}
