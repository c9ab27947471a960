import type { Overview, Queue, SidecarRoute } from '../lib/studio.js';

/** What an admin has to know of the whole, drawn from one overview and the one before. */
export interface Pipeline {
	outbox: Stage & { pending: number; rejected: number; oldestMs: number | null; recordedPerMinute: number };
	sidecar: Stage & {
		state: 'ready' | 'not_ready' | 'away' | 'off';
		version: string | null;
		publishedPerMinute: number;
	};
	bus: Stage & { name: string | null };
	routes: RouteHealth[];
	back: Stage & { appliedPerMinute: number };
}

export interface RouteHealth extends Stage {
	route: string;
	reaction: string;
	/** `null`: the queue cannot be asked. */
	waiting: number | null;
	atWork: number | null;
	dead: number | null;
	lagMs: number;
	/** Of the copy that answers; `null` until two of its answers can be compared. */
	perMinute: number | null;
	done: number;
	problem: string | null;
}

export interface Stage {
	tone: Tone;
}

/** How something is: at work, idle, to be looked at, to be mended, or not known. */
export type Tone = 'well' | 'idle' | 'warning' | 'danger' | 'unknown';

/** A change that waits for longer than this is worth a look: the relay sends within seconds. */
const OLD_MS = 60_000;
/** The same for a message in its queue. */
const LATE_MS = 60_000;
const MINUTE_MS = 60_000;

/** One overview, and when it came. */
export interface Sample {
	at: number;
	overview: Overview;
}

export function pipelineOf(sample: Sample, before: Sample | null): Pipeline {
	const { outbox, lastMinute, relay, sidecar, extension } = sample.overview;
	const asked = sidecar.state === 'asked' ? sidecar.overview : null;
	const state = sidecar.state === 'asked' ? (sidecar.overview.ready ? 'ready' : 'not_ready') : sidecar.state;
	const speaksOurs = asked === null || asked.protocol === extension.protocol;
	const isOld = (outbox.oldestPendingAgeMs ?? 0) > OLD_MS;
	const routes = asked === null ? [] : asked.routes.map((route) => routeHealth(route, sample, before));

	return {
		outbox: {
			tone: worst(
				outbox.rejected > 0 || isOld ? 'warning' : busy(lastMinute.recorded),
				relay !== null && relay.failures > 0 ? 'danger' : 'idle',
			),
			pending: outbox.pending,
			rejected: outbox.rejected,
			oldestMs: outbox.oldestPendingAgeMs,
			recordedPerMinute: lastMinute.recorded,
		},
		sidecar: {
			tone: sidecarTone(state, speaksOurs, lastMinute.published),
			state,
			version: asked?.version ?? null,
			publishedPerMinute: lastMinute.published,
		},
		bus: {
			tone: asked === null ? 'unknown' : worst(busy(lastMinute.published), ...routes.map(queueTone)),
			name: asked?.bus ?? null,
		},
		routes,
		back: { tone: busy(lastMinute.applied), appliedPerMinute: lastMinute.applied },
	};
}

/** What waits anywhere. */
export function waitingOf({ outbox, routes }: Pipeline): number {
	return outbox.pending + routes.reduce((sum, { waiting }) => sum + (waiting ?? 0), 0);
}

/** Dead letters of all routes; `null` when nobody can be asked. */
export function deadOf({ sidecar, routes }: Pipeline): number | null {
	if (sidecar.version === null) return null;
	return routes.reduce((sum, { dead }) => sum + (dead ?? 0), 0);
}

/** The worst tone of the whole. */
export function toneOf({ outbox, sidecar, bus, routes, back }: Pipeline): Tone {
	return worst(outbox.tone, sidecar.tone, bus.tone, back.tone, ...routes.map(({ tone }) => tone));
}

/** `unknown` is better than trouble that is known, and worse than work that is seen. */
export function worst(...tones: Tone[]): Tone {
	const order: Tone[] = ['danger', 'warning', 'unknown', 'well', 'idle'];
	return order.find((tone) => tones.includes(tone)) ?? 'idle';
}

/** Messages a minute between two answers of the same copy; a copy that started anew counts from nothing. */
export function perMinute(route: string, sample: Sample, before: Sample | null): number | null {
	if (before === null || sample.overview.sidecar.state !== 'asked' || before.overview.sidecar.state !== 'asked')
		return null;
	const [now, then] = [sample.overview.sidecar.overview, before.overview.sidecar.overview];
	const elapsedMs = sample.at - before.at;
	if (now.instance !== then.instance || now.startedAt !== then.startedAt || elapsedMs <= 0) return null;
	const received = (routes: SidecarRoute[]): number =>
		routes.find((each) => each.route === route)?.messages.received ?? 0;
	return Math.max(0, ((received(now.routes) - received(then.routes)) * MINUTE_MS) / elapsedMs);
}

function routeHealth(route: SidecarRoute, sample: Sample, before: Sample | null): RouteHealth {
	const { queue, deadLetters, messages } = route;
	const rate = perMinute(route.route, sample, before);
	const lagMs = messages.lagSecs * 1000;
	const waiting = depth(queue);
	const dead = depth(deadLetters);
	const isLate = (waiting ?? 0) > 0 && lagMs > LATE_MS;
	return {
		route: route.route,
		reaction: route.reaction,
		waiting,
		atWork: messages.inFlight,
		dead,
		lagMs,
		perMinute: rate,
		done: messages.settled['deleted'] ?? 0,
		problem: queue.error ?? deadLetters.error ?? null,
		tone: worst(
			queue.error !== undefined || deadLetters.error !== undefined ? 'danger' : 'idle',
			(dead ?? 0) > 0 ? 'danger' : 'idle',
			isLate ? 'warning' : 'idle',
			busy((rate ?? 0) + messages.inFlight),
		),
	};
}

function depth({ waiting, hidden, error }: Queue): number | null {
	return error === undefined ? (waiting ?? 0) + (hidden ?? 0) : null;
}

function queueTone({ problem }: RouteHealth): Tone {
	return problem === null ? 'idle' : 'danger';
}

function busy(perMinuteNow: number): Tone {
	return perMinuteNow > 0 ? 'well' : 'idle';
}

function sidecarTone(state: Pipeline['sidecar']['state'], speaksOurs: boolean, published: number): Tone {
	if (!speaksOurs || state === 'away' || state === 'not_ready') return 'danger';
	return state === 'off' ? 'unknown' : busy(published);
}
