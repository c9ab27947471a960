import { expect, test } from 'vitest';
import { pipelineOf, type Pipeline } from '../app/pipeline.js';
import type { Overview } from '../lib/studio.js';
import { sidecarOverview } from '../testing/sidecar-overview.js';
import { pictureOf, speedOf, summaryOf, type Box, type Picture } from './picture.js';

function pipeline(routes: number): Pipeline {
	const [first] = sidecarOverview().routes;
	if (first === undefined) throw new Error('there is a route');
	const named = Array.from({ length: routes }, (_, index) => ({ ...first, route: `route-${index}` }));
	const overview: Overview = {
		extension: { version: '0.1.0', protocol: '1' },
		outbox: { pending: 3, rejected: 1, published: 9, ignored: 0, oldestPendingAt: null, oldestPendingAgeMs: 2_000 },
		lastMinute: { recorded: 12, published: 12, rejected: 0, applied: 10 },
		relay: { failures: 0, lastError: null },
		sidecar: { state: 'asked', overview: sidecarOverview({ routes: named }) },
	};
	return pipelineOf({ at: 0, overview }, null);
}

function isApart(from: number, length: number, otherFrom: number, otherLength: number): boolean {
	return from + length <= otherFrom || otherFrom + otherLength <= from;
}

/** The pairs of boxes that lie upon each other. */
function overlapsOf({ boxes }: Picture): string[] {
	return boxes.flatMap((one, index) =>
		boxes
			.slice(index + 1)
			.filter(
				(other) =>
					!isApart(one.x, one.width, other.x, other.width) && !isApart(one.y, one.height, other.y, other.height),
			)
			.map((other) => `${one.id} and ${other.id}`),
	);
}

/** The boxes that stick out of the picture. */
function outsidersOf({ width, height, boxes }: Picture): string[] {
	const isInside = (box: Box): boolean =>
		box.x >= 0 && box.y >= 0 && box.x + box.width <= width && box.y + box.height <= height;
	return boxes.filter((box) => !isInside(box)).map(({ id }) => id);
}

test.each([300, 390, 709, 710, 1024, 1600])('at %i pixels everything has its own place', (width) => {
	for (const routes of [0, 1, 2, 5, 17]) {
		const picture = pictureOf(pipeline(routes), width);
		expect(overlapsOf(picture)).toEqual([]);
		expect(outsidersOf(picture)).toEqual([]);
	}
});

test.each([390, 1024])('at %i pixels every route is joined to the bus', (width) => {
	const { boxes, lines } = pictureOf(pipeline(5), width);

	const routes = boxes.filter(({ id }) => id.startsWith('route-')).map(({ id }) => id);
	expect(routes).toHaveLength(5);
	expect(lines.map(({ id }) => id)).toEqual(expect.arrayContaining(routes.map((id) => `bus-${id}`)));
});

test('what is wrong has a badge, and what moves moves', () => {
	const { boxes, lines } = pictureOf(pipeline(2), 1024);

	expect(boxes[0]).toMatchObject({ id: 'outbox', badge: '1 rejected', figures: ['3 pending', 'oldest 2 s'] });
	expect(lines[0]).toMatchObject({ id: 'outbox-sidecar', speed: 1, tone: 'well' });
});

test('the picture can be heard', () => {
	expect(summaryOf(pipeline(2))).toBe(
		'3 changes wait in the outbox; 2 routes with 0 messages waiting and 0 dead letters.',
	);
});

test.each([
	[0, 0],
	[1, 1],
	[60, 2],
	[600, 3],
])('%i a minute moves at speed %i', (rate, speed) => {
	expect(speedOf(rate)).toBe(speed);
});
