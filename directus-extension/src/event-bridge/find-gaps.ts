import { InvalidPayloadError } from '@directus/errors';
import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Action } from '../lib/change.js';
import { isSqlite, timestampPrecisionMs } from '../lib/dialect.js';
import { endOfPayload } from '../lib/outbox.js';
import type { Settings } from '../lib/settings.js';
import { OUTBOX } from '../lib/tables.js';
import { RETENTION_MARGIN_MS } from '../relay/purge.js';
import { flag, instant, object, optional, wholeNumber } from './input.js';
import { activitiesWithoutRow, ROW_BEFORE_MAX_MS, type RecordedRow, type TrackedActivity } from './match-activities.js';
import { repairId } from './repair-gap.js';

export const ACTIVITIES_MAX = 1000;

/** Which part of Directus' activities is to be checked. */
export interface GapsRequest {
	/** Epoch milliseconds. */
	since: number;
	/** The last activity of the page before. */
	after: number | null;
	limit: number;
	repair: boolean;
}

export interface Gap {
	activityId: number;
	collection: string;
	key: string;
	action: Action;
	at: string;
	userId: string | null;
	repaired: boolean;
}

export interface GapsPage {
	checked: number;
	gaps: Gap[];
	next: number | null;
}

interface GapsContext {
	database: Knex;
	schema: SchemaOverview;
	settings: Pick<Settings, 'collections' | 'project' | 'retentionMs' | 'serviceAccount'>;
	repair: (activity: TrackedActivity) => Promise<void>;
}

export function parseGaps(value: unknown): GapsRequest {
	const body = object(value, 'the body');
	return {
		since: instant(body['since'], 'since'),
		after: optional(body['after'], 'after', wholeNumber),
		limit: wholeNumber(body['limit'] ?? ACTIVITIES_MAX, 'limit', { min: 1, max: ACTIVITIES_MAX }),
		repair: optional(body['repair'], 'repair', flag) ?? false,
	};
}

/**
 * Checks one page of activities, in order of their ids: each that is a change to announce must have its row.
 *
 * Activities are read before rows. Both become visible with the same commit, so that an activity whose row is not there
 * is a gap, and not a save that is under way; those will be met by the next check.
 */
export async function findGaps(request: GapsRequest, context: GapsContext, now = Date.now()): Promise<GapsPage> {
	refuseWhatWasPurged(request.since, context.settings, now);

	const collections = Object.keys(context.schema.collections).filter((name) =>
		context.settings.collections.watches(name),
	);
	const scope: Scope = { database: context.database, collections, serviceAccount: context.settings.serviceAccount };
	const page = await pageOf(request, scope);
	const neighbours = page.length === 0 ? { activities: [], rows: [] } : await neighboursOf(page, scope);
	const onPage = new Set(page.map(({ id }) => id));
	const unmatched = activitiesWithoutRow(neighbours.activities, neighbours.rows).filter(({ id }) => onPage.has(id));
	const missing = await unrepaired(unmatched, context);

	if (request.repair) for (const activity of missing) await context.repair(activity);
	return {
		checked: page.length,
		gaps: missing.map((activity) => gapOf(activity, request.repair)),
		next: page.length === request.limit ? (page.at(-1)?.id ?? null) : null,
	};
}

/** Half of the margin is for the check itself: its last page still asks about the same time as its first. */
function refuseWhatWasPurged(since: number, { retentionMs }: Pick<Settings, 'retentionMs'>, now: number): void {
	if (since >= now - retentionMs - RETENTION_MARGIN_MS / 2) return;
	const oldest = new Date(now - retentionMs).toISOString();
	throw new InvalidPayloadError({
		reason: `since must be ${oldest} or later: delivered rows are kept no longer (EVENT_BRIDGE_RETENTION)`,
	});
}

/** The activities that are changes to announce. */
interface Scope {
	database: Knex;
	collections: string[];
	serviceAccount: string;
}

async function pageOf({ since, after, limit }: GapsRequest, scope: Scope): Promise<TrackedActivity[]> {
	const { database } = scope;
	// From the index over time to a place in the order of ids, so that no page reads what is older than the window.
	// "+ 0" keeps PostgreSQL from looking for the first one along the ids, past all that are older.
	const first = database('directus_activity')
		.select(database.raw('min(id + 0)'))
		.where('timestamp', '>=', dateOf(since, database));
	const query = activitiesIn(scope).where('timestamp', '>=', dateOf(since, database)).orderBy('id').limit(limit);
	return (await (after === null ? query.where('id', '>=', first) : query.where('id', '>', after))).map(activityOf);
}

/**
 * All activities and rows of the page's items from a little before the page to a little after it: a row on the edge may
 * belong to an activity on the next page.
 */
async function neighboursOf(
	page: TrackedActivity[],
	scope: Scope,
): Promise<{ activities: TrackedActivity[]; rows: RecordedRow[] }> {
	const { database } = scope;
	const times = page.map(({ at }) => at).toSorted((one, other) => one - other);
	const from = (times[0] ?? 0) - 2 * ROW_BEFORE_MAX_MS;
	const to = (times.at(-1) ?? 0) + ROW_BEFORE_MAX_MS;
	const items = [...new Set(page.map(({ key }) => key))];

	const activities: StoredActivity[] = await activitiesIn(scope)
		.where('timestamp', '>=', dateOf(from, database))
		.where('timestamp', '<=', dateOf(to, database))
		.whereIn('item', items);
	const rows: StoredRow[] = await database(OUTBOX)
		.select('collection', 'item', 'action', 'created_at')
		.whereBetween('created_at', [from, to])
		.where('kind', 'change')
		// A repaired row came at another time than its change, and these came without an activity.
		.whereNull('activity_id')
		.whereNot('payload', 'like', `%${endOfPayload('best_effort')}`)
		.whereNot('payload', 'like', `%${endOfPayload('backfill')}`)
		.whereNot('payload', 'like', `%${endOfPayload('requested')}`)
		.whereIn('collection', [...new Set(page.map(({ collection }) => collection))])
		.whereIn('item', items);
	const precisionMs = timestampPrecisionMs(database);
	return { activities: activities.map(activityOf), rows: rows.map((row) => rowOf(row, precisionMs)) };
}

async function unrepaired(
	activities: TrackedActivity[],
	{ database, settings }: GapsContext,
): Promise<TrackedActivity[]> {
	const ids = activities.map((activity) => repairId(activity, settings.project));
	const repaired = new Set(await database(OUTBOX).whereIn('event_id', ids).pluck('event_id'));
	return activities.filter((_, index) => !repaired.has(ids[index]));
}

function activitiesIn({ database, collections, serviceAccount }: Scope): Knex.QueryBuilder {
	return database('directus_activity')
		.select('id', 'collection', 'item', 'action', 'timestamp', 'user')
		.whereIn('action', ['create', 'update', 'delete'])
		.whereIn('collection', collections)
		.where((announced) => announced.whereNull('user').orWhereNot('user', serviceAccount));
}

interface StoredActivity {
	id: number;
	collection: string;
	item: string;
	action: Action;
	timestamp: number | string | Date;
	user: string | null;
}

function activityOf({ id, collection, item, action, timestamp, user }: StoredActivity): TrackedActivity {
	return { id, collection, key: item, action, at: new Date(timestamp).getTime(), userId: user };
}

/** PostgreSQL returns a bigint as text. */
interface StoredRow {
	collection: string;
	item: string;
	action: Action;
	created_at: number | string;
}

function rowOf({ collection, item, action, created_at }: StoredRow, precisionMs: number): RecordedRow {
	const at = Number(created_at);
	return { collection, key: item, action, at: at - (at % precisionMs) };
}

/** Directus keeps timestamps on SQLite as epoch milliseconds, and elsewhere as such. */
function dateOf(epochMs: number, database: Knex): number | Date {
	return isSqlite(database) ? epochMs : new Date(epochMs);
}

function gapOf({ id, collection, key, action, at, userId }: TrackedActivity, repaired: boolean): Gap {
	return { activityId: id, collection, key, action, at: new Date(at).toISOString(), userId, repaired };
}
