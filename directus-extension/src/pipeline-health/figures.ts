import { duration, number } from '../app/format.js';
import { deadOf, toneOf, waitingOf, type Pipeline, type Tone } from '../app/pipeline.js';
import { strings } from '../app/strings.js';
import type { Overview } from '../lib/studio.js';

/** What the panel says of the whole in a word, and in five figures. */
export interface Health {
	tone: Tone;
	headline: string;
	figures: { label: string; value: string; tone: Tone }[];
}

export function healthOf(pipeline: Pipeline, { sidecar }: Pick<Overview, 'sidecar'>): Health {
	const text = strings.panel;
	const dead = deadOf(pipeline);
	const { outbox } = pipeline;
	const troubled = pipeline.routes.find(({ problem }) => problem !== null);
	return {
		tone: toneOf(pipeline),
		headline: headlineOf(pipeline, sidecar.state === 'asked' ? null : sidecar.message, troubled?.problem ?? null),
		figures: [
			{ label: text.waiting, value: number(waitingOf(pipeline)), tone: 'idle' },
			{
				label: text.oldest,
				value: outbox.oldestMs === null ? strings.common.none : duration(outbox.oldestMs),
				tone: 'idle',
			},
			{ label: text.rate, value: number(pipeline.sidecar.publishedPerMinute), tone: 'idle' },
			{ label: text.rejected, value: number(outbox.rejected), tone: outbox.rejected > 0 ? 'warning' : 'idle' },
			{
				label: text.dead,
				value: dead === null ? text.unknown : number(dead),
				tone: (dead ?? 0) > 0 ? 'danger' : 'idle',
			},
		],
	};
}

/** The worst thing in a few words. */
function headlineOf(pipeline: Pipeline, away: string | null, problem: string | null): string {
	const overview = strings.overview;
	if (pipeline.sidecar.state === 'away') return away ?? overview.away;
	if (pipeline.sidecar.state === 'not_ready') return problem ?? overview.hindered;
	if (pipeline.sidecar.state === 'off') return overview.off;
	if (problem !== null) return problem;
	const dead = deadOf(pipeline) ?? 0;
	if (dead > 0) return overview.nodes.dead(number(dead));
	if (pipeline.outbox.rejected > 0) return overview.nodes.rejected(number(pipeline.outbox.rejected));
	return strings.panel.well;
}
