import { expect, test } from 'vitest';
import { LEDGER, OUTBOX } from '../../lib/tables.js';
import { itemsServiceOn } from '../../testing/items-service.js';
import { insertRows } from '../../testing/outbox-rows.js';
import { collection, feedback, field, schemaOf } from '../../testing/schema.js';
import { openDirectusLike } from '../../testing/sqlite.js';
import { merge, parseSubject, tracedEvents } from './traced-events.js';

const effect = { reaction: 'enrich', collection: 'feedback', item: '1', sequence: 1, created_at: 3_000 };

test('an event of an item is told with its way and its effects, whether or not there is a timeline', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 2, { state: 'published' });
	await database(LEDGER).insert([
		{ ...effect, effect_id: 'a', event_id: 'event-1' },
		{ ...effect, effect_id: 'b', event_id: 'derived', reaction: 'escalate' },
	]);
	const context = {
		database,
		schema: schemaOf(feedback),
		services: itemsServiceOn(database),
		settings: { timeline: 't' },
	};

	const events = await tracedEvents({ collection: 'feedback', key: '1' }, context);

	expect(events).toEqual([
		expect.objectContaining({ eventId: 'derived', action: null, state: null, reactions: ['escalate'] }),
		expect.objectContaining({ eventId: 'event-1', action: 'create', state: 'published', reactions: ['enrich'] }),
	]);
});

test("the timeline leads from a customer to the events' rows and effects", async () => {
	const database = await openDirectusLike();
	const columns = ['id', 'customer', 'event_type', 'occurred_at', 'subject_collection', 'subject_key'];
	await database.schema.createTable('journey', (table) => {
		for (const column of columns) table.string(column);
	});
	const entry = { event_type: 'feedback.submitted', subject_collection: 'feedback', subject_key: '1' };
	await database('journey').insert({ ...entry, id: 'event-1', customer: '7', occurred_at: '2026-11-21T10:30:00.000Z' });
	await insertRows(database, 2, { state: 'published' });
	await database(OUTBOX).where('id', 1).update({ payload: '{"traceparent":"00-4bf9-00f0-01"}' });
	await database(LEDGER).insert({ ...effect, effect_id: 'a', event_id: 'event-1' });
	// The stand-in's filter knows only `_in`.
	const services = itemsServiceOn(database);
	class Journey {
		async readByQuery(): Promise<unknown[]> {
			return await database('journey').where('customer', '7');
		}
	}
	const schema = schemaOf(
		feedback,
		collection(
			'journey',
			columns.map((name) => field(name)),
		),
	);
	const context = {
		database,
		schema,
		services: { ...services, ItemsService: Journey } as unknown as typeof services,
		settings: { timeline: 'journey' },
	};

	const events = await tracedEvents({ customer: '7' }, context);

	expect(events).toEqual([
		{
			eventId: 'event-1',
			eventType: 'feedback.submitted',
			at: '2026-11-21T10:30:00.000Z',
			collection: 'feedback',
			key: '1',
			action: 'create',
			state: 'published',
			traceparent: '00-4bf9-00f0-01',
			reactions: ['enrich'],
		},
	]);
});

test('the newest comes first, each event once', () => {
	const entry = { event_type: 'a.b', subject_collection: null, subject_key: null };

	const events = merge(
		[
			{ ...entry, id: 'old', occurred_at: '2026-01-01T00:00:00Z' },
			{ ...entry, id: 'new', occurred_at: '2026-02-01T00:00:00Z' },
		],
		[],
		[
			{ ...effect, event_id: 'old' },
			{ ...effect, event_id: 'old' },
		],
	);

	expect(events.map(({ eventId, reactions }) => [eventId, reactions])).toEqual([
		['new', []],
		['old', ['enrich']],
	]);
});

test.each([[{}], [{ collection: 'feedback' }], [{ customer: '' }]])('%o names nobody', (query) => {
	expect(() => parseSubject(query)).toThrow(expect.objectContaining({ code: 'INVALID_PAYLOAD' }));
});
