import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import { OUTBOX } from '../lib/tables.js';
import { fillBatch } from '../relay/batch.js';
import { example } from '../testing/examples.js';
import { openDirectusLike } from '../testing/sqlite.js';
import type { PublishEventOptions } from './parse-event.js';
import { publishEvent } from './publish-event.js';

const userId = '5b2f1f0e-52f0-4b39-9c8e-0a5b8c1d2e3f';
const run = { flowId: '0f8ea882-219d-4823-bb80-bc725d280c3a', trigger: null };
const complete: PublishEventOptions = {
	type: 'loyalty.points_granted',
	version: 1,
	data: { points: 50, reason: 'first review' },
	customer: 7,
	collection: 'customers',
	key: '7',
	context: '{ "source": "portal" }',
};
let database: Knex;
const publish = (options: PublishEventOptions): Promise<{ eventId: string }> =>
	publishEvent(options, { database, run, userId, traceparent: null });

beforeEach(async () => {
	database = await openDirectusLike();
});

test('an event travels as the sidecar reads it', async () => {
	const { changes } = example<{ changes: { kind?: string }[] }>('changes');
	const golden = changes.find(({ kind }) => kind === 'event');

	const { eventId } = await publish(complete);

	const rows = await database(OUTBOX).select();
	const { body } = fillBatch(rows, { project: 'directus', batchMax: 1, batchBytesMax: 10_000 });
	const [sent] = (JSON.parse(body) as { changes: object[] }).changes;
	expect(sent).toEqual({ ...golden, eventId, sequence: 1, occurredAt: expect.any(String) });
	expect(rows).toMatchObject([{ event_id: eventId, kind: 'event', action: 'publish', state: 'pending' }]);
});

test('an event type is enough: it is about the Flow, in version 1, without data', async () => {
	await publish({ type: 'night.began' });

	const row = await database(OUTBOX).first();
	expect(row).toMatchObject({ collection: 'directus_flows', item: run.flowId });
	expect(JSON.parse(row.payload)).toMatchObject({
		userId,
		event: { eventType: 'night.began', version: 1, producer: null, customerId: null, data: {}, properties: {} },
	});
});

test.each<[string, PublishEventOptions, string]>([
	['no event type', {}, '"type"'],
	['a blank event type', { type: ' ' }, '"type"'],
	['an event type of one word', { type: 'shipped' }, '"type"'],
	['an event type in capitals', { type: 'Order.Shipped' }, '"type"'],
	['an event type that EventBridge takes no more', { type: `a.${'b'.repeat(127)}` }, '"type"'],
	['version 0', { ...complete, version: 0 }, '"version"'],
	['a version that is no number', { ...complete, version: 'latest' }, '"version"'],
	['data that is a list', { ...complete, data: [1] }, '"data"'],
	['data that is no JSON', { ...complete, data: 'points: 50' }, '"data"'],
	['a customer that is an object', { ...complete, customer: { id: 7 } }, '"customer"'],
	['a cause that is no event', { ...complete, causationId: 'yesterday' }, '"causationId"'],
	['half a subject', { ...complete, key: null }, '"key"'],
])('%s is refused before anything is written', async (_what, options, message) => {
	await expect(publish(options)).rejects.toThrow(message);

	expect(await database(OUTBOX).select()).toEqual([]);
});

test('every mistake is told at once', async () => {
	const wrong = publish({ type: 'x', version: -1, context: 'y', correlationId: 'z' });

	await expect(wrong).rejects.toThrow(/"type".*"version".*"correlationId".*"context"/);
});
