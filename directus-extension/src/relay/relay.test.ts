import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { OUTBOX } from '../lib/tables.js';
import { eventually } from '../testing/eventually.js';
import { fakeLogger } from '../testing/logger.js';
import { insertRows } from '../testing/outbox-rows.js';
import { settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import type { HttpClient } from '../lib/http.js';
import { Relay } from './relay.js';
import { relayHealth, takeOver } from './takeover.js';

const PACE_MS = 200;

let database: Knex;
let relay: Relay;
let isAway: boolean;
let sizeMax: number;
let poison: string | null;
let batches: { at: number; size: number }[];
const logger = fakeLogger();
const close = vi.fn();

const post: HttpClient['post'] = async (_url, { body }) => {
	const { changes } = JSON.parse(body) as { changes: { eventId: string }[] };
	batches.push({ at: Date.now(), size: changes.length });
	if (isAway) throw new Error('nobody there');
	if (changes.some(({ eventId }) => eventId === poison)) return { status: 500, headers: {}, body: '' };
	if (changes.length > sizeMax) return { status: 413, headers: {}, body: '' };
	const verdicts = changes.map(({ eventId }) => ({ eventId, verdict: 'published' }));
	return { status: 200, headers: {}, body: JSON.stringify({ verdicts }) };
};
const newRelay = (): Relay =>
	new Relay(
		{ database, logger, settings: settingsWith({ EVENT_BRIDGE_BATCH_MAX: 2 }) },
		{ post, close },
		{ next: () => PACE_MS },
	);
const pending = async (): Promise<number> => (await database(OUTBOX).where('state', 'pending')).length;

beforeEach(async () => {
	vi.clearAllMocks();
	database = await openDirectusLike();
	batches = [];
	isAway = false;
	sizeMax = Infinity;
	poison = null;
	// The database needs its own timers and immediates to be real.
	vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
	relay = newRelay();
});
afterEach(() => {
	relay.stop();
	vi.useRealTimers();
});

test('nothing is sent before the start, and everything at the start, in full batches', async () => {
	await insertRows(database, 5);
	relay.nudge();
	vi.advanceTimersByTime(10_000);
	expect(batches).toEqual([]);

	relay.start();

	await eventually(async () => expect(await pending()).toBe(0));
	expect(batches.map(({ size }) => size)).toEqual([2, 2, 1]);
});

test('without a nudge, polling finds the row', async () => {
	relay.start();
	await insertRows(database, 1);

	await eventually(async () => expect(await pending()).toBe(0));
});

test('a storm of nudges becomes few requests', async () => {
	relay.start();
	for (let storm = 0; storm < 200; storm += 1) relay.nudge();
	await insertRows(database, 1);

	await eventually(async () => expect(await pending()).toBe(0));
	expect(batches).toHaveLength(1);
});

test('commits that never pause do not put off the request', async () => {
	await insertRows(database, 1);
	relay.start();
	await eventually(() => expect(batches).toHaveLength(1));
	await insertRows(database, 1, { event_id: 'late' });

	for (let commit = 0; commit < 100; commit += 1) {
		relay.nudge();
		await vi.advanceTimersByTimeAsync(5);
		await setImmediate();
	}

	expect(batches).toHaveLength(2);
});

test('what is too large together is sent apart', async () => {
	sizeMax = 1;
	await insertRows(database, 4);

	relay.start();

	await eventually(async () => expect(await pending()).toBe(0));
	expect(batches.map(({ size }) => size)).toEqual([2, 1, 1, 1, 1]);
});

test('a row that the sidecar fails over holds up no other', async () => {
	poison = 'event-2';
	await insertRows(database, 4);

	relay.start();

	await eventually(async () => expect(await pending()).toBe(1));
	expect(await database(OUTBOX).where('state', 'pending').pluck('event_id')).toEqual(['event-2']);
});

test('an outage is told once, waited out with growing patience, and its end told once', async () => {
	isAway = true;
	await insertRows(database, 1);
	relay.start();
	await eventually(() => expect(batches.length).toBeGreaterThan(3));
	relay.nudge();
	expect(logger.warn).toHaveBeenCalledOnce();

	isAway = false;
	await eventually(async () => expect(await pending()).toBe(0));

	expect(logger.warn).toHaveBeenCalledOnce();
	expect(logger.info).toHaveBeenCalledOnce();
});

test('how it goes is known during an outage and after it', async () => {
	isAway = true;
	await insertRows(database, 1);
	takeOver(relay);
	relay.start();
	await eventually(() => expect(relayHealth()).toEqual({ failures: 2, lastError: 'nobody there' }));

	isAway = false;

	await eventually(() => expect(relayHealth()).toEqual({ failures: 0, lastError: null }));
	globalThis.directusEventBridgeRelay = undefined;
});

test('a nudge does not shorten the wait of an outage', async () => {
	vi.spyOn(Math, 'random').mockReturnValue(1);
	isAway = true;
	await insertRows(database, 1);
	relay.start();
	await eventually(() => expect(logger.warn).toHaveBeenCalledOnce());

	relay.nudge();

	await eventually(() => expect(batches).toHaveLength(2));
	const [first = 0, second = 0] = batches.map(({ at }) => at);
	expect(second - first).toBeGreaterThanOrEqual(1000);
	vi.restoreAllMocks();
});

test('an outbox that cannot be read is an outage too', async () => {
	await database.schema.dropTable(OUTBOX);

	relay.start();

	await eventually(() => expect(logger.warn).toHaveBeenCalledOnce());
});

test('a stopped relay sends nothing, and closes its connections', async () => {
	relay.start();
	relay.stop();
	await insertRows(database, 1);

	relay.nudge();
	vi.advanceTimersByTime(10_000);

	expect(batches).toEqual([]);
	expect(close).toHaveBeenCalledOnce();
});

test('a reloaded extension starts in the place of the relay that was running', () => {
	takeOver(relay);
	expect(relay.isStarted).toBe(false);
	relay.start();
	const reloaded = newRelay();

	takeOver(reloaded);

	expect([relay.isStarted, reloaded.isStarted]).toEqual([false, true]);
	reloaded.stop();
});
