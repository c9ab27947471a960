import type { Knex } from 'knex';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { OUTBOX } from '../lib/tables.js';
import { fakeLogger } from '../testing/logger.js';
import { insertRows } from '../testing/outbox-rows.js';
import { settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import type { Answer, HttpClient } from '../lib/http.js';
import { sendBatch, type Sent } from './send-batch.js';

let database: Knex;
const logger = fakeLogger();
const post = vi.fn<HttpClient['post']>();
const send = (count = 10): Promise<Sent> =>
	sendBatch(count, { database, logger, settings: settingsWith(), http: { post } });
const answer = (status: number, body: unknown = {}, headers: Answer['headers'] = {}): Answer => ({
	status,
	headers,
	body: JSON.stringify(body),
});
const row = async (number: number): Promise<Record<string, unknown>> =>
	await database(OUTBOX).where('id', number).first();

beforeEach(async () => {
	database = await openDirectusLike();
	vi.clearAllMocks();
});

/** Judges each change of the request by the word at its place. */
function judging(...words: string[]): HttpClient['post'] {
	return async (_url, { body }) => {
		const { changes } = JSON.parse(body) as { changes: { eventId: string }[] };
		const error = { code: 'contract', detail: 'is missing', path: '/data/text' };
		const verdicts = changes.map(({ eventId }, index) => ({ eventId, verdict: words[index] ?? 'published', error }));
		return answer(200, { verdicts });
	};
}

test('nothing due means no request', async () => {
	expect(await send()).toEqual({ kind: 'nothing_due' });
	expect(post).not.toHaveBeenCalled();
});

test('a request is signed, and says which protocol it speaks', async () => {
	await insertRows(database, 1);
	post.mockImplementation(judging());

	await send();

	expect(post).toHaveBeenCalledWith(
		'http://sidecar.test:8080/v1/changes',
		expect.objectContaining({
			headers: {
				'content-type': 'application/json',
				'event-bridge-protocol': '1',
				'webhook-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
				'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
				'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
			},
			timeoutMs: 10_000,
		}),
	);
});

test('each row is settled by its own verdict', async () => {
	await insertRows(database, 4);
	post.mockImplementation(judging('published', 'ignored', 'rejected', 'retry'));
	const before = Date.now();

	expect(await send()).toEqual({ kind: 'delivered', isFull: false });

	expect(await row(1)).toMatchObject({ state: 'published', settled_at: expect.any(Number), lease_owner: null });
	expect(await row(2)).toMatchObject({ state: 'ignored', settled_at: expect.any(Number), lease_owner: null });
	expect(await row(3)).toMatchObject({ state: 'rejected', error: expect.stringContaining('/data/text') });
	const retried = await row(4);
	expect(retried).toMatchObject({ state: 'pending', attempts: 1, settled_at: null, lease_owner: null });
	expect(retried['available_at']).toBeGreaterThanOrEqual(before);
	expect(retried['available_at']).toBeLessThanOrEqual(Date.now() + 1000);
});

test('a rejection is a warning, without the payload', async () => {
	await insertRows(database, 1);
	post.mockImplementation(judging('rejected'));

	await send();

	expect(logger.warn).toHaveBeenCalledOnce();
	expect(JSON.stringify(logger.warn.mock.calls)).not.toContain('occurredAt');
});

test('a full batch tells that there is probably more', async () => {
	await insertRows(database, 3);
	post.mockImplementation(judging());

	expect(await send(2)).toEqual({ kind: 'delivered', isFull: true });
	expect(await send(2)).toEqual({ kind: 'delivered', isFull: false });
});

test('rows that do not fit into the request stay free, and it tells that there is more', async () => {
	await insertRows(database, 2);
	post.mockImplementation(judging());
	const settings = settingsWith({ EVENT_BRIDGE_BATCH_BYTES_MAX: 1 });

	const sent = await sendBatch(2, { database, logger, settings, http: { post } });

	expect(sent).toEqual({ kind: 'delivered', isFull: true });
	expect(await row(1)).toMatchObject({ state: 'published' });
	expect(await row(2)).toMatchObject({ state: 'pending', lease_owner: null });
});

test('rows that fare alike are settled in one statement', async () => {
	await insertRows(database, 6);
	post.mockImplementation(judging('published', 'rejected', 'published', 'rejected', 'retry', 'retry'));
	const updates = vi.fn<(query: { sql: string }) => void>();
	database.on('query', updates);

	await send();

	const settling = updates.mock.calls.filter(([{ sql }]) => sql.startsWith('update'));
	expect(settling).toHaveLength(3);
	expect(await database(OUTBOX).orderBy('id').pluck('state')).toEqual([
		'published',
		'rejected',
		'published',
		'rejected',
		'pending',
		'pending',
	]);
	expect(logger.warn).toHaveBeenCalledTimes(2);
});

test('a batch of which nothing passes is no fault of a row: the relay waits a little', async () => {
	await insertRows(database, 3);
	post.mockImplementation(judging('retry', 'retry', 'retry'));

	expect(await send()).toMatchObject({ kind: 'away', retryAfterMs: 2000 });
	expect(await row(1)).toMatchObject({ state: 'pending', attempts: 1, lease_owner: null });
});

test.each([
	['503 with Retry-After', answer(503, {}, { 'retry-after': '7' }), 7000],
	['401', answer(401), null],
	['426', answer(426), null],
	['502', answer(502), null],
	['200 with too few verdicts', answer(200, { verdicts: [] }), null],
])('%s: nothing was taken, and the rows wait as they were', async (_what, refusal, retryAfter) => {
	await insertRows(database, 1);
	post.mockResolvedValue(refusal);

	expect(await send()).toMatchObject({ kind: 'away', retryAfterMs: retryAfter });
	expect(await row(1)).toMatchObject({ state: 'pending', lease_owner: null, attempts: 0, available_at: 0 });
});

test('a network that fails is the same', async () => {
	await insertRows(database, 1);
	post.mockRejectedValue(new Error('connect ECONNREFUSED'));

	expect(await send()).toEqual({ kind: 'away', reason: 'connect ECONNREFUSED', retryAfterMs: null });
	expect(await row(1)).toMatchObject({ state: 'pending', lease_owner: null });
});

test('413 for many means fewer; 413 for one means that it can never pass', async () => {
	await insertRows(database, 2);
	post.mockResolvedValue(answer(413));

	expect(await send(2)).toEqual({ kind: 'refused', rows: 2 });
	expect(await row(1)).toMatchObject({ state: 'pending', lease_owner: null });

	expect(await send(1)).toEqual({ kind: 'delivered', isFull: true });
	expect(await row(1)).toMatchObject({ state: 'rejected', error: expect.stringContaining('too_large') });
	expect(await row(2)).toMatchObject({ state: 'pending' });
});

describe('a request that the sidecar cannot read', () => {
	test('is taken apart, and a row that is refused alone waits without being in the way', async () => {
		await insertRows(database, 2);
		post.mockResolvedValue(answer(500));

		expect(await send(2)).toEqual({ kind: 'refused', rows: 2 });
		expect(await row(1)).toMatchObject({ state: 'pending', lease_owner: null, available_at: 0 });

		expect(await send(1)).toMatchObject({ kind: 'away', reason: 'the sidecar answered 500' });
		expect(await row(1)).toMatchObject({ state: 'pending', attempts: 1, error: '{"code":"http_500"}' });

		post.mockImplementation(judging());
		expect(await send(1)).toMatchObject({ kind: 'delivered' });
		expect(await row(2)).toMatchObject({ state: 'published' });
	});

	test('has a row to blame when what is stored is not JSON', async () => {
		await insertRows(database, 1, { payload: '{"occurredAt":' });
		post.mockResolvedValue(answer(400));

		expect(await send()).toEqual({ kind: 'delivered', isFull: true });
		expect(await row(1)).toMatchObject({ state: 'rejected', error: expect.stringContaining('unreadable') });
	});
});
