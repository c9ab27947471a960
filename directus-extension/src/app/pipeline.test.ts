import { expect, test } from 'vitest';
import type { Overview, SidecarOverview } from '../lib/studio.js';
import { sidecarOverview } from '../testing/sidecar-overview.js';
import { deadOf, perMinute, pipelineOf, toneOf, waitingOf, worst, type Sample } from './pipeline.js';

function sample(sidecar: Partial<SidecarOverview> = {}, overrides: Partial<Overview> = {}, at = 0): Sample {
	const overview: Overview = {
		extension: { version: '0.1.0', protocol: '1' },
		outbox: {
			pending: 0,
			rejected: 0,
			published: 9,
			ignored: 0,
			oldestPendingAt: null,
			oldestPendingAgeMs: null,
		},
		lastMinute: { recorded: 0, published: 0, rejected: 0, applied: 0 },
		relay: { failures: 0, lastError: null },
		sidecar: { state: 'asked', overview: sidecarOverview(sidecar) },
		...overrides,
	};
	return { at, overview };
}

/** A sidecar whose first route is as told. */
function withRoute(overrides: Partial<SidecarOverview['routes'][number]>): Partial<SidecarOverview> {
	const [first, ...others] = sidecarOverview().routes;
	if (first === undefined) throw new Error('there is a route');
	return { routes: [{ ...first, ...overrides }, ...others] };
}

const received = (count: number): Partial<SidecarOverview> =>
	withRoute({ messages: { received: count, inFlight: 0, lagSecs: 0, settled: {} } });

test('where nothing happens and nothing is wrong, all is idle', () => {
	const pipeline = pipelineOf(sample(), null);

	expect(toneOf(pipeline)).toBe('idle');
	expect(waitingOf(pipeline)).toBe(0);
	expect(deadOf(pipeline)).toBe(0);
});

test('what moves is well', () => {
	const lastMinute = { recorded: 12, published: 12, rejected: 0, applied: 10 };

	const { outbox, sidecar, bus, back } = pipelineOf(sample({}, { lastMinute }), null);

	expect([outbox, sidecar, bus, back].map(({ tone }) => tone)).toEqual(['well', 'well', 'well', 'well']);
	expect(back.appliedPerMinute).toBe(10);
});

test('what waits in the outbox and the queues is added up', () => {
	const queue = { name: 'q', waiting: 3, hidden: 1 };
	const outbox = { ...sample().overview.outbox, pending: 5 };

	expect(waitingOf(pipelineOf(sample(withRoute({ queue }), { outbox }), null))).toBe(9);
});

test.each<[string, Sample, string]>([
	['dead letters', sample(withRoute({ deadLetters: { name: 'd', waiting: 1, hidden: 0 } })), 'danger'],
	['a queue that cannot be asked', sample(withRoute({ queue: { name: 'q', error: 'AccessDenied' } })), 'danger'],
	['a sidecar that is not ready', sample({ ready: false }), 'danger'],
	['another protocol', sample({ protocol: '2' }), 'danger'],
	['a sidecar that is away', sample({}, { sidecar: { state: 'away', message: '' } }), 'danger'],
	['a relay that fails', sample({}, { relay: { failures: 1, lastError: '503' } }), 'danger'],
	['a refused row', sample({}, { outbox: { ...sample().overview.outbox, rejected: 1 } }), 'warning'],
	[
		'an old row',
		sample({}, { outbox: { ...sample().overview.outbox, pending: 1, oldestPendingAgeMs: 60_001 } }),
		'warning',
	],
	['a sidecar that is not connected', sample({}, { sidecar: { state: 'off', message: '' } }), 'unknown'],
])('%s makes the whole look so', (_what, seen, tone) => {
	expect(toneOf(pipelineOf(seen, null))).toBe(tone);
});

test('a lag counts only as long as something waits', () => {
	const messages = { received: 9, inFlight: 0, lagSecs: 61, settled: {} };
	const waiting = withRoute({ messages, queue: { name: 'q', waiting: 1, hidden: 0 } });

	expect(toneOf(pipelineOf(sample(withRoute({ messages })), null))).toBe('idle');
	expect(toneOf(pipelineOf(sample(waiting), null))).toBe('warning');
});

test('a queue that cannot be asked is not empty', () => {
	const pipeline = pipelineOf(sample(withRoute({ queue: { name: 'q', error: 'AccessDenied' } })), null);

	expect(pipeline.routes[0]).toMatchObject({ waiting: null, problem: 'AccessDenied' });
});

test('without a sidecar to ask nobody knows of dead letters', () => {
	expect(deadOf(pipelineOf(sample({}, { sidecar: { state: 'off', message: '' } }), null))).toBeNull();
});

test('a rate is what came between two answers', () => {
	const before = sample(received(100), {}, 0);
	const now = sample(received(110), {}, 5_000);

	expect(perMinute('feedback', now, before)).toBe(120);
	expect(pipelineOf(now, before).routes[0]).toMatchObject({ perMinute: 120, tone: 'well' });
});

test.each([
	['there was no answer before', null],
	['another copy answered', sample({ ...received(0), instance: 'another' })],
	['it started anew', sample({ ...received(0), startedAt: '2020-01-01T00:00:00Z' })],
	['it was away', sample({}, { sidecar: { state: 'away', message: '' } })],
	['no time passed', sample(received(0), {}, 5_000)],
])('there is no rate when %s', (_when, before) => {
	expect(perMinute('feedback', sample(received(110), {}, 5_000), before)).toBeNull();
});

test('trouble that is known is worse than what is unknown', () => {
	expect(worst('idle', 'well')).toBe('well');
	expect(worst('well', 'unknown')).toBe('unknown');
	expect(worst('unknown', 'warning', 'danger')).toBe('danger');
	expect(worst()).toBe('idle');
});
