import type { Knex } from 'knex';
import { v7 as uuidv7 } from 'uuid';
import type { Action, ChangePayload } from './change.js';
import { OUTBOX } from './tables.js';

/** A change before the outbox gave it an id and a place. */
export interface RecordedChange {
	collection: string;
	action: Action;
	key: string;
	payload: ChangePayload;
}

/** Writes one change to the outbox and returns its event id, which stays the same through every later delivery. */
export async function recordChange(change: RecordedChange, { database }: { database: Knex }): Promise<string> {
	const now = Date.now();
	const eventId = uuidv7();
	await database(OUTBOX).insert({
		event_id: eventId,
		kind: 'change',
		collection: change.collection,
		item: change.key,
		action: change.action,
		payload: JSON.stringify(change.payload),
		state: 'pending',
		available_at: now,
		created_at: now,
	});
	return eventId;
}
