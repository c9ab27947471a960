import { createError } from '@directus/errors';
import type { Knex } from 'knex';
import { OUTBOX } from '../../lib/tables.js';
import {
	OUTBOX_STATES,
	type OutboxPage,
	type OutboxRow,
	type OutboxState,
	type Refusal,
	type WholeOutboxRow,
} from '../../lib/studio.js';
import { invalid, name, optional, wholeNumber } from '../input.js';

const ROWS_MAX = 200;
const ROWS_DEFAULT = 50;
/** How far back a search looks: there is no index for it, and every save would pay for one. */
export const SEARCHED_MAX = 100_000;

export const NoSuchRowError = createError('NO_SUCH_ROW', 'There is no such row in the outbox, or not any more.', 404);

export interface OutboxQuery {
	state: OutboxState | null;
	/** An event id, a collection, a key, or `collection/key`. */
	search: string | null;
	/** The last id of the page before. */
	before: number | null;
	limit: number;
}

export function parseOutboxQuery(query: Record<string, unknown>): OutboxQuery {
	const number = (key: string): unknown => (query[key] === undefined ? undefined : Number(query[key]));
	const search = optional(query['search'] === '' ? null : query['search'], 'search', name);
	return {
		state: optional(query['state'], 'state', stateNamed),
		search: search?.trim() || null,
		before: optional(number('before'), 'before', wholeNumber),
		limit: wholeNumber(number('limit') ?? ROWS_DEFAULT, 'limit', { min: 1, max: ROWS_MAX }),
	};
}

/** One page, newest first. */
export async function outboxRows({ state, search, before, limit }: OutboxQuery, database: Knex): Promise<OutboxPage> {
	const query = database(OUTBOX)
		.select(COLUMNS)
		.orderBy('id', 'desc')
		.limit(limit + 1);
	if (state !== null) query.where({ state });
	if (before !== null) query.where('id', '<', before);
	if (search !== null) {
		query.where('id', '>', (await newestId(database)) - SEARCHED_MAX);
		query.where((found) => matching(search, found));
	}
	const found: StoredRow[] = await query;
	const rows = found.slice(0, limit).map(outboxRow);
	return { rows, next: found.length > limit ? (rows.at(-1)?.id ?? null) : null };
}

/** One row with what it tells. */
export async function outboxRowWhole(id: number, database: Knex): Promise<WholeOutboxRow> {
	const row: (StoredRow & { payload: string }) | undefined = await database(OUTBOX)
		.select([...COLUMNS, 'payload'])
		.where({ id })
		.first();
	if (row === undefined) throw new NoSuchRowError();
	return { ...outboxRow(row), payload: JSON.parse(row.payload) };
}

export async function newestId(database: Knex): Promise<number> {
	const row: { id: number | string } | undefined = await database(OUTBOX).select('id').orderBy('id', 'desc').first();
	return Number(row?.id ?? 0);
}

export const COLUMNS = [
	'id',
	'event_id',
	'kind',
	'collection',
	'item',
	'action',
	'state',
	'attempts',
	'error',
	'created_at',
	'settled_at',
];

/** PostgreSQL returns a bigint as text. */
export interface StoredRow {
	id: number | string;
	event_id: string;
	kind: OutboxRow['kind'];
	collection: string;
	item: string;
	action: string;
	state: OutboxState;
	attempts: number;
	error: string | null;
	created_at: number | string;
	settled_at: number | string | null;
}

export function outboxRow(row: StoredRow): OutboxRow {
	return {
		id: Number(row.id),
		eventId: row.event_id,
		kind: row.kind,
		collection: row.collection,
		key: row.item,
		action: row.action,
		state: row.state,
		attempts: row.attempts,
		error: row.error === null ? null : refusalOf(row.error),
		createdAt: timeOf(row.created_at),
		settledAt: row.settled_at === null ? null : timeOf(row.settled_at),
	};
}

export function timeOf(epochMs: number | string): string {
	return new Date(Number(epochMs)).toISOString();
}

export function refusalOf(text: string): Refusal {
	const { code, detail, path }: Partial<Record<keyof Refusal, unknown>> = JSON.parse(text);
	return {
		code: typeof code === 'string' ? code : 'unknown',
		...(typeof detail === 'string' && { detail }),
		...(typeof path === 'string' && { path }),
	};
}

function matching(search: string, found: Knex.QueryBuilder): void {
	const [collection = '', ...key] = search.split('/');
	found.where('event_id', search.toLowerCase()).orWhere('collection', search).orWhere('item', search);
	if (key.length > 0) found.orWhere({ collection, item: key.join('/') });
}

function stateNamed(value: unknown, path: string): OutboxState {
	const state = OUTBOX_STATES.find((candidate) => candidate === value);
	if (state === undefined) throw invalid(path, `must be ${OUTBOX_STATES.join(' or ')}`);
	return state;
}
