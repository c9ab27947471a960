import type { Knex } from 'knex';
import type { NewOutboxRow } from '../lib/outbox.js';
import { OUTBOX } from '../lib/tables.js';
import { wholeNumber } from './input.js';

export const ROWS_MAX = 1000;
const ROWS_DEFAULT = 100;

/** Which part of the rejected rows is asked for. */
export interface RejectedPage {
	limit: number;
	/** The last id of the page before. */
	after: number;
}

/** A rejected row, without its payload: that one may be personal, and large. */
export interface RejectedRow extends Pick<NewOutboxRow, 'kind' | 'collection' | 'action'> {
	id: number;
	eventId: string;
	key: string;
	attempts: number;
	/** The sidecar's reason: code, detail, path. */
	error: unknown;
	createdAt: string;
	settledAt: string | null;
}

export function parseRejectedPage(query: Record<string, unknown>): RejectedPage {
	const number = (name: string): unknown => (query[name] === undefined ? undefined : Number(query[name]));
	return {
		limit: wholeNumber(number('limit') ?? ROWS_DEFAULT, 'limit', { min: 1, max: ROWS_MAX }),
		after: wholeNumber(number('after') ?? 0, 'after'),
	};
}

/** One page of rejected rows in order of their ids; `next` is where the following page begins, if there is one. */
export async function rejectedRows(
	{ limit, after }: RejectedPage,
	database: Knex,
): Promise<{ rows: RejectedRow[]; next: number | null }> {
	const found: StoredRow[] = await database(OUTBOX)
		.select(COLUMNS)
		.where('state', 'rejected')
		.where('id', '>', after)
		.orderBy('id')
		.limit(limit + 1);
	const rows = found.slice(0, limit).map(rejectedRow);
	return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
}

const COLUMNS = [
	'id',
	'event_id',
	'kind',
	'collection',
	'item',
	'action',
	'attempts',
	'error',
	'created_at',
	'settled_at',
];

/** PostgreSQL returns a bigint as text. */
interface StoredRow extends Pick<NewOutboxRow, 'event_id' | 'kind' | 'collection' | 'item' | 'action' | 'error'> {
	id: number | string;
	attempts: number;
	created_at: number | string;
	settled_at: number | string | null;
}

function rejectedRow(row: StoredRow): RejectedRow {
	return {
		id: Number(row.id),
		eventId: row.event_id,
		kind: row.kind,
		collection: row.collection,
		key: row.item,
		action: row.action,
		attempts: row.attempts,
		error: row.error === null ? null : JSON.parse(row.error),
		createdAt: new Date(Number(row.created_at)).toISOString(),
		settledAt: row.settled_at === null ? null : new Date(Number(row.settled_at)).toISOString(),
	};
}
