import type { Knex } from 'knex';
import { OUTBOX } from '../lib/tables.js';
import { invalid, name, object, optional, wholeNumber } from './input.js';
import { ROWS_MAX } from './rejected-rows.js';

/** Rejected rows that one request looks at; who has more asks again, so that no request takes for ever. */
const LOOKED_AT_MAX = 10_000;
/** Small enough that no save waits noticeably for a step. */
const STEP_MAX = 1000;

/** Which rejected rows are to be sent again: these, or all of a collection, of a reason, or of any. */
export type Resend = { ids: number[] } | { collection: string | null; code: string | null; after: number };

export function parseResend(value: unknown): Resend {
	const body = object(value, 'the body');
	if (body['ids'] !== undefined) return { ids: parseIds(body['ids']) };
	if (body['all'] !== true) throw invalid('ids', 'must list rows, unless all is true');

	return {
		collection: optional(body['collection'], 'collection', name),
		code: optional(body['code'], 'code', name),
		after: wholeNumber(body['after'] ?? 0, 'after'),
	};
}

/**
 * Makes rejected rows pending again, due at once. Their error stays until the next verdict, so that a row that is
 * waiting still tells why it is here. `next` is where the following request begins, if there is more.
 */
export async function resendRows(resend: Resend, database: Knex): Promise<{ resent: number; next: number | null }> {
	if ('ids' in resend) return { resent: await revive(resend.ids, database), next: null };

	let resent = 0;
	let after = resend.after;
	// By id, so that a row that is rejected again meanwhile is not met a second time.
	for (let lookedAt = 0; lookedAt < LOOKED_AT_MAX; lookedAt += STEP_MAX) {
		const rows = await rejectedAfter(after, resend.collection, database);
		const chosen = rows.filter(({ error }) => resend.code === null || codeOf(error) === resend.code);
		resent += await revive(
			chosen.map(({ id }) => Number(id)),
			database,
		);
		if (rows.length < STEP_MAX) return { resent, next: null };
		after = Number(rows.at(-1)?.id);
	}
	return { resent, next: after };
}

interface StoredRow {
	id: number | string;
	error: string | null;
}

async function rejectedAfter(after: number, collection: string | null, database: Knex): Promise<StoredRow[]> {
	const query = database(OUTBOX).select('id', 'error').where('state', 'rejected').where('id', '>', after);
	if (collection !== null) query.where({ collection });
	return await query.orderBy('id').limit(STEP_MAX);
}

async function revive(ids: readonly number[], database: Knex): Promise<number> {
	if (ids.length === 0) return 0;
	return await database(OUTBOX)
		// Only what is rejected: a row may have been sent again by somebody else meanwhile.
		.where('state', 'rejected')
		.whereIn('id', ids)
		.update({ state: 'pending', attempts: 0, available_at: Date.now(), settled_at: null });
}

/** The databases read JSON each in a way of their own; a thousand short reasons are read here as fast. */
function codeOf(error: string | null): unknown {
	const reason: unknown = error === null ? null : JSON.parse(error);
	return typeof reason === 'object' && reason !== null && 'code' in reason ? reason.code : null;
}

function parseIds(value: unknown): number[] {
	if (!Array.isArray(value) || value.length === 0 || value.length > ROWS_MAX) {
		throw invalid('ids', `must be a list of 1 to ${ROWS_MAX} row ids`);
	}
	return value.map((id: unknown, index) => wholeNumber(id, `ids[${index}]`, { min: 1 }));
}
