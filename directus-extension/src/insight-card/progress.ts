import { words } from '../app/format.js';
import { strings } from '../app/strings.js';
import type { InsightState } from '../lib/studio.js';

/** What a card says above its findings. */
export interface Progress {
	type: 'info' | 'danger';
	text: string;
	/** Whether something is on its way, so that it is worth to ask often. */
	isMoving: boolean;
}

/** An event that brought nothing for longer than this is no analysis: not every change leads to one. */
const ANALYSIS_MAX_MS = 60_000;
/** While something is on its way. */
const EAGER_MS = 1_500;
const CALM_MS = 10_000;
/** With WebSockets Directus tells of changes by itself; this is for what no change tells. */
const TOLD_MS = 30_000;

/** What is on its way, or went wrong; `null` when what is shown is the last word. */
export function progressOf(state: InsightState | null, now: number): Progress | null {
	const stages = strings.card.stages;
	if (state === null) return null;
	switch (state.stage) {
		case 'queued':
			return { type: 'info', text: stages.queued, isMoving: true };
		case 'published': {
			const isRecent = state.since !== null && now - Date.parse(state.since) < ANALYSIS_MAX_MS;
			return isRecent ? { type: 'info', text: stages.published, isMoving: true } : null;
		}
		case 'rejected':
		case 'dead': {
			const reason = words(state.reason ?? 'unknown').toLowerCase();
			return { type: 'danger', text: stages[state.stage](reason), isMoving: false };
		}
		case 'none':
		case 'analysed':
		case 'ignored':
			return null;
	}
}

/** How long to wait before the item is asked for again. */
export function pauseMs(progress: Progress | null, isTold: boolean): number {
	if (progress?.isMoving === true) return EAGER_MS;
	return isTold ? TOLD_MS : CALM_MS;
}
