import type { CollectionOverview } from '@directus/types';
import type { Knex } from 'knex';
import { pickTold, type CapturePlan, type CapturePlans } from '../capture/capture-plan.js';
import { readItems, type ReadContext } from '../capture/read-item.js';
import { readRelated } from '../capture/read-related.js';
import type { ChangePayload, Item } from '../lib/change.js';
import { derivedId } from '../lib/derived-id.js';
import { isSqlite } from '../lib/dialect.js';
import { canBeKey } from '../lib/key.js';
import { changeRow, recordOnce } from '../lib/outbox.js';
import { flag, invalid, name, object, optional, text, wholeNumber } from './input.js';
import { pendingCount } from './outbox-figures.js';

export const ITEMS_MAX = 100;
const RUN_LENGTH_MAX = 64;

/** Which items become changes. */
export interface BackfillRequest {
	collection: string;
	/** The key of the last item of the page before. */
	after: string | null;
	limit: number;
	/** The same run records each item once, however often it is repeated. */
	run: string;
	/** Whether to count the items that are still to come. */
	count: boolean;
}

export interface BackfillPage {
	recorded: number;
	/** Recorded by the same run before. */
	skipped: number;
	/** The key of the page's last item; `null` when there was none left. */
	last: string | null;
	/** Items after `after`, this page's among them; `null` when nobody asked. */
	total: number | null;
	/** Rows that wait for the relay now. */
	pending: number;
}

interface BackfillContext extends ReadContext {
	plans: Pick<CapturePlans, 'of'>;
	project: string;
}

export function parseBackfill(value: unknown): BackfillRequest {
	const body = object(value, 'the body');
	return {
		collection: name(body['collection'], 'collection'),
		after: optional(body['after'], 'after', name),
		limit: wholeNumber(body['limit'] ?? ITEMS_MAX, 'limit', { min: 1, max: ITEMS_MAX }),
		run: text(body['run'], 'run', RUN_LENGTH_MAX),
		count: optional(body['count'], 'count', flag) ?? true,
	};
}

/** Records the next items in order of their primary key as if they were created, each under an id derived from its key. */
export async function backfillItems(request: BackfillRequest, context: BackfillContext): Promise<BackfillPage> {
	const plan = context.plans.of(request.collection, context.schema);
	if (plan === null) throw invalid('collection', 'must be a collection that is watched');
	const { collection } = plan;
	if (request.after !== null && !canBeKey(collection.fields[collection.primary]?.type, request.after)) {
		throw invalid('after', `must be a primary key of ${request.collection}`);
	}

	const total = request.count ? await countOf(collection, request.after, context.database) : null;
	const page = await context.database.transaction((transaction) =>
		recordPage(request, plan, { ...context, database: transaction }),
	);
	return { ...page, total, pending: await pendingCount(context.database) };
}

async function recordPage(
	request: BackfillRequest,
	plan: CapturePlan,
	context: BackfillContext,
): Promise<Pick<BackfillPage, 'recorded' | 'skipped' | 'last'>> {
	const { collection } = plan;
	const heads = await nextHeads(collection, request, context.database);
	const items = await readItems(
		collection,
		heads.map(({ key }) => key),
		context,
	);
	const byKey = new Map(items.map((item) => [String(item[collection.primary]), item]));

	const rows = [];
	for (const { key, createdAt } of heads) {
		const item = byKey.get(key);
		if (item === undefined) throw new Error(`the item ${collection.collection}/${key} went while it was locked`);
		const payload = await payloadOf(item, createdAt, plan, context);
		const eventId = derivedId('backfill', context.project, request.run, collection.collection, key);
		rows.push(changeRow({ collection: collection.collection, action: 'create', key, eventId, payload }));
	}
	const recorded = await recordOnce(rows, context);
	return {
		recorded: recorded.length,
		skipped: rows.length - recorded.length,
		last: heads.at(-1)?.key ?? null,
	};
}

async function payloadOf(
	item: Item,
	createdAt: Date | null,
	plan: CapturePlan,
	context: BackfillContext,
): Promise<ChangePayload> {
	return {
		occurredAt: (createdAt ?? new Date()).toISOString(),
		userId: null,
		item: pickTold(item, plan),
		previous: null,
		changed: [],
		...(plan.related.length > 0 && { related: await readRelated(plan, item, context) }),
		traceparent: null,
		capture: 'backfill',
	};
}

interface Head {
	key: string;
	createdAt: Date | null;
}

/**
 * Keys of the next items. They are locked, so that nobody changes an item between its being read and its row's being
 * written: the row would tell an older item than the row before it.
 */
async function nextHeads(
	collection: CollectionOverview,
	{ after, limit }: BackfillRequest,
	transaction: Knex,
): Promise<Head[]> {
	const { primary } = collection;
	const created = Object.values(collection.fields).find(({ special }) => special.includes('date-created'))?.field;
	const query = itemsAfter(collection, after, transaction)
		.select([primary, ...(created === undefined ? [] : [created])])
		.orderBy(primary)
		.limit(limit);
	if (!isSqlite(transaction)) query.forUpdate();
	const rows: Record<string, unknown>[] = await query;
	return rows.map((row) => ({
		key: String(row[primary]),
		createdAt: created === undefined ? null : dateOf(row[created]),
	}));
}

async function countOf(collection: CollectionOverview, after: string | null, database: Knex): Promise<number> {
	const [counted] = await itemsAfter(collection, after, database).count({ count: '*' });
	return Number(counted?.['count'] ?? 0);
}

/** Compared as the database sorts them, which is how the pages follow each other. */
function itemsAfter(
	{ collection, primary }: CollectionOverview,
	after: string | null,
	database: Knex,
): Knex.QueryBuilder {
	const query = database(collection);
	return after === null ? query : query.where(primary, '>', after);
}

/** SQLite keeps epoch milliseconds; other databases give a date. */
function dateOf(value: unknown): Date | null {
	if (typeof value !== 'number' && typeof value !== 'string' && !(value instanceof Date)) return null;
	const date = new Date(value);
	return Number.isNaN(date.getTime()) ? null : date;
}
