import { readFileSync } from 'node:fs';
import type { SidecarOverview } from '../lib/studio.js';

/** What a sidecar says of itself when all is well, with two routes. */
export function sidecarOverview(overrides: Partial<SidecarOverview> = {}): SidecarOverview {
	return {
		version: ownVersion(),
		protocol: '1',
		instance: '6f0c6a0e-6a0f-4d0c-9d7b-0d2b6f5f0a11',
		startedAt: '2026-11-21T10:30:00.123Z',
		ready: true,
		hindrances: [],
		bus: 'event-bridge',
		changes: { published: 200 },
		effects: { applied: 200 },
		routes: [route('feedback'), route('tickets')],
		...overrides,
	};
}

function route(name: string): SidecarOverview['routes'][number] {
	return {
		route: name,
		reaction: 'enrich',
		description: `Every ${name} is judged.`,
		queue: { name: `event-bridge-${name}`, waiting: 0, hidden: 0 },
		deadLetters: { name: `event-bridge-${name}-dlq`, waiting: 0, hidden: 0 },
		messages: { received: 100, inFlight: 0, lagSecs: 0.04, settled: { deleted: 100 } },
	};
}

function ownVersion(): string {
	const manifest: { version: string } = JSON.parse(
		readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
	) as { version: string };
	return manifest.version;
}
