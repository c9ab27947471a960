import { duration, fit, number } from '../app/format.js';
import type { Pipeline, RouteHealth, Tone } from '../app/pipeline.js';
import { strings } from '../app/strings.js';

/** The pipeline as boxes and lines, in pixels of a drawing of this size. */
export interface Picture {
	width: number;
	height: number;
	boxes: Box[];
	lines: Line[];
}

export interface Box {
	id: string;
	x: number;
	y: number;
	width: number;
	height: number;
	tone: Tone;
	title: string;
	note: string;
	/** The figures that matter, most important first. */
	figures: string[];
	/** What is wrong here, for a badge; `null` when nothing is. */
	badge: string | null;
	/** Where a click leads. */
	to: string;
}

export interface Line {
	id: string;
	path: string;
	tone: Tone;
	/** How fast things move along it: 0 not at all, 3 in a storm. */
	speed: 0 | 1 | 2 | 3;
}

/** Below this width the picture stands upright. */
const LANDSCAPE_MIN = 710;
const NODE = { widthMin: 120, widthMax: 140, height: 104 };
const ROUTE = { height: 58, gap: 10 };
const LETTER = { title: 7.4, note: 6.2 };
const text = strings.overview.nodes;

export function pictureOf(pipeline: Pipeline, width: number): Picture {
	return width >= LANDSCAPE_MIN ? landscape(pipeline, width) : portrait(pipeline, width);
}

/** From left to right: outbox, sidecar, bus, the routes below each other, and back. */
function landscape(pipeline: Pipeline, width: number): Picture {
	const routesHeight = columnHeight(pipeline.routes.length, ROUTE.height, ROUTE.gap);
	const height = Math.max(NODE.height, routesHeight) + 2;
	const routeWidth = Math.min(260, Math.max(156, width * 0.24));
	const nodeWidth = Math.min(NODE.widthMax, Math.max(NODE.widthMin, width * 0.15));
	const gap = (width - 4 * nodeWidth - routeWidth - 2) / 4;
	const x = (column: number): number => 1 + column * (nodeWidth + gap);
	const middle = (height - NODE.height) / 2;
	const at = (column: number): Place => ({ x: x(column), y: middle, width: nodeWidth, height: NODE.height });

	const outbox = outboxBox(pipeline, at(0));
	const sidecar = sidecarBox(pipeline, at(1));
	const bus = busBox(pipeline, at(2));
	const back = backBox(pipeline, { ...at(3), x: width - nodeWidth - 1 });
	const top = (height - routesHeight) / 2;
	const routes = pipeline.routes.map((route, index) =>
		routeBox(route, { x: x(3), y: top + index * (ROUTE.height + ROUTE.gap), width: routeWidth, height: ROUTE.height }),
	);
	const published = speedOf(pipeline.sidecar.publishedPerMinute);
	const lines = [
		line(outbox, sidecar, across(outbox, sidecar), published),
		line(sidecar, bus, across(sidecar, bus), published),
		...pipeline.routes.flatMap((route, index) => {
			const there = routes[index];
			if (there === undefined) return [];
			const speed = speedOf(route.perMinute ?? 0);
			return [line(bus, there, across(bus, there), speed), line(there, back, across(there, back), speed)];
		}),
		...(routes.length === 0 ? [line(bus, back, across(bus, back), 0)] : []),
	];
	return { width, height, boxes: [outbox, sidecar, bus, ...routes, back], lines };
}

/** From top to bottom, for a narrow page: the routes hang on a rail between the bus and the way back. */
function portrait(pipeline: Pipeline, width: number): Picture {
	const [gap, rail, nodeHeight] = [26, 24, 98];
	const place = (y: number): Place => ({ x: 1, y, width: width - 2, height: nodeHeight });
	const outbox = outboxBox(pipeline, place(1));
	const sidecar = sidecarBox(pipeline, place(below(outbox, gap)));
	const bus = busBox(pipeline, place(below(sidecar, gap)));
	const top = below(bus, gap / 2);
	const routes = pipeline.routes.map((route, index) =>
		routeBox(route, {
			x: 1 + rail,
			y: top + index * (ROUTE.height + ROUTE.gap),
			width: width - 2 - rail,
			height: ROUTE.height,
		}),
	);
	const back = backBox(pipeline, place(below(routes.at(-1) ?? bus, routes.length === 0 ? gap : gap / 2)));
	const published = speedOf(pipeline.sidecar.publishedPerMinute);
	const railX = 1 + rail / 2;
	const lines = [
		line(outbox, sidecar, down(outbox, sidecar), published),
		line(sidecar, bus, down(sidecar, bus), published),
		line(bus, back, `M ${railX} ${bus.y + bus.height} V ${back.y}`, speedOf(pipeline.back.appliedPerMinute)),
		...pipeline.routes.flatMap((route, index) => {
			const there = routes[index];
			if (there === undefined) return [];
			const y = there.y + there.height / 2;
			return [line(bus, there, `M ${railX} ${y} H ${there.x}`, speedOf(route.perMinute ?? 0))];
		}),
	];
	return { width, height: back.y + back.height + 1, boxes: [outbox, sidecar, bus, ...routes, back], lines };
}

/** What somebody hears who cannot see the picture. */
export function summaryOf({ outbox, routes }: Pipeline): string {
	const sum = (of: (route: RouteHealth) => number | null): string =>
		number(routes.reduce((total, route) => total + (of(route) ?? 0), 0));
	return strings.overview.summary(
		number(outbox.pending),
		number(routes.length),
		sum(({ waiting }) => waiting),
		sum(({ dead }) => dead),
	);
}

/** A message a second is a walk, ten are a run. */
export function speedOf(perMinute: number): Line['speed'] {
	if (perMinute <= 0) return 0;
	if (perMinute < 60) return 1;
	return perMinute < 600 ? 2 : 3;
}

type Place = Pick<Box, 'x' | 'y' | 'width' | 'height'>;

function outboxBox({ outbox }: Pipeline, place: Place): Box {
	const oldest = outbox.oldestMs === null ? [] : [text.oldest(duration(outbox.oldestMs))];
	return box('outbox', place, {
		tone: outbox.tone,
		title: text.outbox,
		note: text.outboxNote,
		figures: [text.pending(number(outbox.pending)), oldest[0] ?? text.perMinute(number(outbox.recordedPerMinute))],
		badge: outbox.rejected > 0 ? text.rejected(number(outbox.rejected)) : null,
		to: '/event-bridge/outbox',
	});
}

function sidecarBox({ sidecar }: Pipeline, place: Place): Box {
	const states = { ready: text.ready, not_ready: text.notReady, away: text.away, off: text.off };
	return box('sidecar', place, {
		tone: sidecar.tone,
		title: text.sidecar,
		note: sidecar.version ?? '',
		figures: [states[sidecar.state], text.perMinute(number(sidecar.publishedPerMinute))],
		to: '/event-bridge/setup',
	});
}

function busBox({ bus, routes }: Pipeline, place: Place): Box {
	return box('bus', place, {
		tone: bus.tone,
		title: text.bus,
		note: bus.name ?? '',
		figures: [text.routes(number(routes.length))],
		to: '/event-bridge/events',
	});
}

function routeBox(route: RouteHealth, place: Place): Box {
	const waiting = route.waiting === null ? text.unknown : text.waiting(number(route.waiting));
	const rate = route.perMinute === null ? null : text.perMinute(number(Math.round(route.perMinute)));
	return box(`route-${route.route}`, place, {
		tone: route.tone,
		title: route.route,
		note: route.reaction,
		figures: rate === null || route.perMinute === 0 ? [waiting] : [waiting, rate],
		badge: (route.dead ?? 0) > 0 ? text.dead(number(route.dead ?? 0)) : null,
		to: '/event-bridge/dead-letters',
	});
}

function backBox({ back }: Pipeline, place: Place): Box {
	return box('back', place, {
		tone: back.tone,
		title: text.back,
		note: text.backNote,
		figures: [back.appliedPerMinute === 0 ? text.idle : text.perMinute(number(back.appliedPerMinute))],
		to: '/event-bridge/events',
	});
}

function box(
	id: string,
	place: Place,
	shown: Omit<Box, keyof Place | 'id' | 'badge'> & { badge?: string | null },
): Box {
	const inner = place.width - 24;
	return {
		id,
		...place,
		...shown,
		badge: shown.badge ?? null,
		title: fit(shown.title, inner - 14, LETTER.title),
		note: fit(shown.note, inner, LETTER.note),
	};
}

function line(from: Box, to: Box, path: string, speed: Line['speed']): Line {
	return { id: `${from.id}-${to.id}`, path, speed, tone: speed > 0 ? 'well' : 'idle' };
}

/** A curve that leaves and arrives level. */
function across(from: Place, to: Place): string {
	const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
	const [x2, y2] = [to.x, to.y + to.height / 2];
	const bend = (x2 - x1) / 2;
	return `M ${round(x1)} ${round(y1)} C ${round(x1 + bend)} ${round(y1)} ${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}`;
}

function down(from: Place, to: Place): string {
	return `M ${round(from.x + from.width / 2)} ${round(from.y + from.height)} V ${round(to.y)}`;
}

function below({ y, height }: Place, gap: number): number {
	return y + height + gap;
}

function columnHeight(count: number, height: number, gap: number): number {
	return count === 0 ? 0 : count * (height + gap) - gap;
}

function round(value: number): number {
	return Math.round(value * 10) / 10;
}
