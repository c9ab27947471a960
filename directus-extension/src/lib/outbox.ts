import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import type { Action, CaptureMode, ChangePayload, Disregard, EventPayload } from './change.js';
import { OUTBOX } from './tables.js';

/** Which item was changed, and how. */
export interface ChangedItem {
	collection: string;
	action: Action;
	key: string;
	/** Known only to who records the change after its activity. */
	activityId?: number;
	/** For who may record the same change twice; otherwise a new one is made. */
	eventId?: string;
}

/** A change before the outbox gave it a place. */
export interface RecordedChange extends ChangedItem {
	payload: ChangePayload;
}

/** An event before the outbox gave it an id and a place. Collection and key name its subject. */
export interface RecordedEvent {
	collection: string;
	key: string;
	payload: EventPayload;
}

/** A row of the outbox as it is inserted. */
export interface NewOutboxRow {
	event_id: string;
	activity_id: number | null;
	kind: 'change' | 'event';
	collection: string;
	item: string;
	action: Action | 'publish';
	payload: string;
	state: 'pending' | 'ignored';
	error: string | null;
	available_at: number;
	created_at: number;
	settled_at: number | null;
}

/** Writes one change to the outbox and returns its event id, which stays the same through every later delivery. */
export async function recordChange(change: RecordedChange, { database }: { database: Knex }): Promise<string> {
	return await insert(database, changeRow(change));
}

/** Writes down that a change is not to be announced, and why. The relay never sends such a row. */
export async function recordDisregarded(
	change: ChangedItem,
	reason: Disregard,
	{ database }: { database: Knex },
): Promise<string> {
	return await insert(database, disregardedRow(change, reason));
}

/** Writes one event to the outbox and returns its id. */
export async function recordEvent(
	{ collection, key, payload }: RecordedEvent,
	{ database }: { database: Knex },
): Promise<string> {
	return await insert(database, pendingRow({ kind: 'event', action: 'publish', collection, key }, payload));
}

/** Writes rows some of which may be there already, and returns the event ids of those that were not. */
export async function recordOnce(rows: readonly NewOutboxRow[], { database }: { database: Knex }): Promise<string[]> {
	if (rows.length === 0) return [];
	const inserted: { event_id: string }[] = await database(OUTBOX)
		.insert(rows)
		.onConflict('event_id')
		.ignore()
		.returning('event_id');
	return inserted.map((row) => row.event_id);
}

/** The word of `capture` ends the payload, where [`endOfPayload`] finds it without anybody reading the rest. */
export function changeRow({ payload: { capture, ...payload }, ...change }: RecordedChange): NewOutboxRow {
	return pendingRow({ kind: 'change', ...change }, { ...payload, capture });
}

/** How the payload of a change ends that was captured this way. */
export function endOfPayload(capture: CaptureMode): string {
	return `"capture":"${capture}"}`;
}

export function disregardedRow(change: ChangedItem, reason: Disregard): NewOutboxRow {
	const row = pendingRow({ kind: 'change', ...change }, {});
	return { ...row, state: 'ignored', error: JSON.stringify(reason), settled_at: row.created_at };
}

type Subject = Pick<NewOutboxRow, 'kind' | 'collection' | 'action'> &
	Pick<ChangedItem, 'key' | 'activityId' | 'eventId'>;

function pendingRow(subject: Subject, payload: object): NewOutboxRow {
	const now = Date.now();
	return {
		event_id: subject.eventId ?? uuidv7(),
		activity_id: subject.activityId ?? null,
		kind: subject.kind,
		collection: subject.collection,
		item: subject.key,
		action: subject.action,
		payload: JSON.stringify(payload),
		state: 'pending',
		error: null,
		available_at: now,
		created_at: now,
		settled_at: null,
	};
}

async function insert(database: Knex, row: NewOutboxRow): Promise<string> {
	await database(OUTBOX).insert(row);
	return row.event_id;
}
