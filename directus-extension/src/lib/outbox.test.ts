import { expect, test } from 'vitest';
import { openDirectusLike } from '../testing/sqlite.js';
import type { ChangePayload, EventPayload } from './change.js';
import { recordChange, recordEvent } from './outbox.js';
import { OUTBOX } from './tables.js';

const origin = { occurredAt: '2026-11-21T10:30:00.123Z', userId: null, traceparent: null };

test('a change is pending, and due at once', async () => {
	const database = await openDirectusLike();
	const payload: ChangePayload = { ...origin, item: { id: 1 }, previous: null, changed: [], capture: 'backfill' };

	const id = await recordChange(
		{ collection: 'feedback', action: 'create', key: '1', payload, activityId: 7, eventId: 'given' },
		{ database },
	);

	const row = await database(OUTBOX).first();
	expect(id).toBe('given');
	expect(row).toMatchObject({ event_id: 'given', activity_id: 7, kind: 'change', state: 'pending', settled_at: null });
	expect(row.available_at).toBe(row.created_at);
	expect(JSON.parse(row.payload)).toEqual(payload);
});

test('an event is published on its subject', async () => {
	const database = await openDirectusLike();
	const event = { eventType: 'order.shipped', version: 1, producer: null, customerId: null };
	const ids = { correlationId: null, causationId: null };
	const payload: EventPayload = { ...origin, event: { ...event, ...ids, data: {}, context: {}, properties: {} } };

	const id = await recordEvent({ collection: 'orders', key: '7', payload }, { database });

	const row = await database(OUTBOX).first();
	expect(row).toMatchObject({ event_id: id, kind: 'event', collection: 'orders', item: '7', action: 'publish' });
	expect(JSON.parse(row.payload)).toEqual(payload);
});
