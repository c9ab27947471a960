import type { ExtensionsServices, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { LEDGER, OUTBOX } from '../../lib/tables.js';
import type { TracedEvent } from '../../lib/studio.js';
import { invalid, name, optional } from '../input.js';
import { COLUMNS, newestId, SEARCHED_MAX, timeOf, type StoredRow } from './outbox-rows.js';

const EVENTS_MAX = 100;
const TIMELINE_FIELDS = ['id', 'customer', 'event_type', 'occurred_at', 'subject_collection', 'subject_key'];

/** Whose events are asked for. */
export type Subject = { collection: string; key: string } | { customer: string };

export interface TracedContext {
	database: Knex;
	schema: SchemaOverview;
	services: Pick<ExtensionsServices, 'ItemsService'>;
	settings: { timeline: string };
}

export function parseSubject(query: Record<string, unknown>): Subject {
	const customer = optional(query['customer'], 'customer', name);
	if (customer !== null) return { customer };
	if (query['collection'] === undefined) throw invalid('customer', 'or collection and key must be named');
	return { collection: name(query['collection'], 'collection'), key: name(query['key'], 'key') };
}

/**
 * What was published about an item or a customer, and what came of it, newest first: from the timeline, which knows the
 * events' names, the outbox, which knows their way, and the ledger, which knows their effects.
 */
export async function tracedEvents(subject: Subject, context: TracedContext): Promise<TracedEvent[]> {
	const timeline = await timelineOf(subject, context);
	const rows = await rowsOf(subject, timeline, context.database);
	const effects = await effectsOf(itemsOf(subject, timeline, rows), context.database);
	return merge(timeline, rows, effects).slice(0, EVENTS_MAX);
}

export interface TimelineEntry {
	id: string;
	event_type: string | null;
	occurred_at: string | number | Date;
	subject_collection: string | null;
	subject_key: string | null;
}

type TracedRow = StoredRow & { payload: string };

export interface StoredEffect {
	event_id: string;
	reaction: string;
	collection: string;
	item: string;
	created_at: number | string;
}

/** One entry for each event, by its id. */
export function merge(
	timeline: readonly TimelineEntry[],
	rows: readonly TracedRow[],
	effects: readonly StoredEffect[],
): TracedEvent[] {
	const events = new Map<string, TracedEvent>();
	for (const entry of timeline) {
		events.set(entry.id, {
			...unknownEvent(entry.id, new Date(entry.occurred_at).toISOString()),
			eventType: entry.event_type,
			collection: entry.subject_collection,
			key: entry.subject_key,
		});
	}
	for (const row of rows) {
		const known = events.get(row.event_id) ?? unknownEvent(row.event_id, timeOf(row.created_at));
		const { traceparent, eventType } = originOf(row.payload);
		events.set(row.event_id, {
			...known,
			eventType: known.eventType ?? eventType,
			collection: row.collection,
			key: row.item,
			action: row.action,
			state: row.state,
			traceparent,
		});
	}
	for (const effect of effects) {
		const known = events.get(effect.event_id) ?? {
			...unknownEvent(effect.event_id, timeOf(effect.created_at)),
			collection: effect.collection,
			key: effect.item,
		};
		const reactions = [...new Set([...known.reactions, effect.reaction])];
		events.set(effect.event_id, { ...known, reactions });
	}
	return [...events.values()].toSorted((one, other) => other.at.localeCompare(one.at));
}

function unknownEvent(eventId: string, at: string): TracedEvent {
	return {
		eventId,
		at,
		eventType: null,
		collection: null,
		key: null,
		action: null,
		state: null,
		traceparent: null,
		reactions: [],
	};
}

function originOf(payload: string): { traceparent: string | null; eventType: string | null } {
	const { traceparent, event }: { traceparent?: unknown; event?: { eventType?: unknown } } = JSON.parse(payload);
	return {
		traceparent: typeof traceparent === 'string' ? traceparent : null,
		eventType: typeof event?.eventType === 'string' ? event.eventType : null,
	};
}

async function timelineOf(
	subject: Subject,
	{ database, schema, services, settings }: TracedContext,
): Promise<TimelineEntry[]> {
	const fields = schema.collections[settings.timeline]?.fields;
	if (fields === undefined || !TIMELINE_FIELDS.every((field) => field in fields)) return [];
	const filter =
		'customer' in subject
			? { customer: { _eq: subject.customer } }
			: { subject_collection: { _eq: subject.collection }, subject_key: { _eq: subject.key } };
	const service = new services.ItemsService<TimelineEntry>(settings.timeline, {
		knex: database,
		schema,
		accountability: null,
	});
	return await service.readByQuery({ filter, fields: TIMELINE_FIELDS, sort: ['-occurred_at'], limit: EVENTS_MAX });
}

async function rowsOf(subject: Subject, timeline: readonly TimelineEntry[], database: Knex): Promise<TracedRow[]> {
	const query = database(OUTBOX)
		.select([...COLUMNS, 'payload'])
		.orderBy('id', 'desc')
		.limit(EVENTS_MAX);
	const ids = timeline.map(({ id }) => id);
	if ('customer' in subject) return await query.whereIn('event_id', ids);
	return await query
		.where('id', '>', (await newestId(database)) - SEARCHED_MAX)
		.where({ collection: subject.collection, item: subject.key });
}

/** The items whose effects are of interest. */
function itemsOf(
	subject: Subject,
	timeline: readonly TimelineEntry[],
	rows: readonly TracedRow[],
): [collection: string, key: string][] {
	if (!('customer' in subject)) return [[subject.collection, subject.key]];
	const items = new Map(
		[
			...timeline.map(({ subject_collection, subject_key }) => [subject_collection, subject_key]),
			...rows.map(({ collection, item }) => [collection, item]),
		]
			.filter((item): item is [string, string] => item.every((part) => part !== null))
			.map((item) => [JSON.stringify(item), item]),
	);
	return [...items.values()];
}

/** The index over collection and item leads to them. */
async function effectsOf(items: [collection: string, key: string][], database: Knex): Promise<StoredEffect[]> {
	if (items.length === 0) return [];
	return await database(LEDGER)
		.select('event_id', 'reaction', 'collection', 'item', 'created_at')
		.where((any) => {
			for (const [collection, item] of items) any.orWhere({ collection, item });
		})
		.orderBy('created_at', 'desc')
		.limit(EVENTS_MAX);
}
