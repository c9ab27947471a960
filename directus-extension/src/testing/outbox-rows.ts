import type { Knex } from 'knex';
import type { ChangePayload } from '../lib/change.js';
import { OUTBOX } from '../lib/tables.js';

const PAYLOAD: ChangePayload = {
	occurredAt: '2026-11-21T10:30:00.123Z',
	userId: null,
	item: { id: 1 },
	previous: null,
	changed: [],
	traceparent: null,
	capture: 'transactional',
};

/** Puts pending rows `event-1`, `event-2` … into the outbox; their ids are their numbers. */
export async function insertRows(database: Knex, count: number, overrides: object = {}): Promise<void> {
	for (let number = 1; number <= count; number += 1) {
		await database(OUTBOX).insert({
			event_id: `event-${number}`,
			kind: 'change',
			collection: 'feedback',
			item: String(number),
			action: 'create',
			payload: JSON.stringify(PAYLOAD),
			state: 'pending',
			available_at: 0,
			created_at: 0,
			...overrides,
		});
	}
}
