import { expect, test } from 'vitest';
import { pipelineOf } from '../app/pipeline.js';
import type { Overview, SidecarOverview } from '../lib/studio.js';
import { sidecarOverview } from '../testing/sidecar-overview.js';
import { healthOf, type Health } from './figures.js';

function health(overrides: Partial<Overview> = {}, sidecar: Partial<SidecarOverview> = {}): Health {
	const overview: Overview = {
		extension: { version: '0.1.0', protocol: '1' },
		outbox: { pending: 3, rejected: 0, published: 9, ignored: 0, oldestPendingAt: null, oldestPendingAgeMs: 2_000 },
		lastMinute: { recorded: 12, published: 12, rejected: 0, applied: 10 },
		relay: { failures: 0, lastError: null },
		sidecar: { state: 'asked', overview: sidecarOverview(sidecar) },
		...overrides,
	};
	return healthOf(pipelineOf({ at: 0, overview }, null), overview);
}

function deadRoutes(): Partial<SidecarOverview> {
	const { routes } = sidecarOverview();
	for (const route of routes) route.deadLetters = { name: 'd', waiting: 2, hidden: 0 };
	return { routes };
}

test('when all is well it says so, with its figures', () => {
	expect(health()).toEqual({
		tone: 'well',
		headline: 'All is well',
		figures: [
			{ label: 'Waiting', value: '3', tone: 'idle' },
			{ label: 'Oldest', value: '2 s', tone: 'idle' },
			{ label: 'Published / min', value: '12', tone: 'idle' },
			{ label: 'Rejected', value: '0', tone: 'idle' },
			{ label: 'Dead letters', value: '0', tone: 'idle' },
		],
	});
});

test('dead letters of all routes are the headline', () => {
	expect(health({}, deadRoutes())).toMatchObject({ tone: 'danger', headline: '4 dead' });
});

test('a sidecar that is away says why, and its dead letters are not claimed to be none', () => {
	const { tone, headline, figures } = health({ sidecar: { state: 'away', message: 'cannot be reached' } });

	expect([tone, headline, figures.at(-1)?.value]).toEqual(['danger', 'cannot be reached', '?']);
});
