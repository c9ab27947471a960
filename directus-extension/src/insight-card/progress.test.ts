import { expect, test } from 'vitest';
import type { InsightState } from '../lib/studio.js';
import { pauseMs, progressOf } from './progress.js';

const NOW = Date.parse('2026-11-21T10:31:00Z');
const state = (overrides: Partial<InsightState>): InsightState => ({
	stage: 'none',
	since: '2026-11-21T10:30:30Z',
	eventId: 'e',
	reason: null,
	mayAnalyse: true,
	...overrides,
});

test.each(['none', 'analysed', 'ignored'] as const)('%s is nothing to speak of', (stage) => {
	expect(progressOf(state({ stage }), NOW)).toBeNull();
});

test('what is on its way is told, and asked for often', () => {
	const queued = progressOf(state({ stage: 'queued' }), NOW);
	const published = progressOf(state({ stage: 'published' }), NOW);

	expect(queued).toMatchObject({ type: 'info', isMoving: true });
	expect(published).toMatchObject({ text: 'Being analysed…', isMoving: true });
	expect(pauseMs(queued, true)).toBeLessThan(pauseMs(null, false));
});

test('not every change is analysed: after a minute nobody waits any more', () => {
	expect(progressOf(state({ stage: 'published', since: '2026-11-21T10:29:59Z' }), NOW)).toBeNull();
});

test('what failed says why, and where an admin finds it', () => {
	expect(progressOf(state({ stage: 'dead', reason: 'flow_failed' }), NOW)).toEqual({
		type: 'danger',
		text: 'The analysis was given up (flow failed). An admin finds it among the dead letters.',
		isMoving: false,
	});
	expect(progressOf(state({ stage: 'rejected' }), NOW)?.text).toContain('(unknown)');
});

test('where Directus tells of changes, nobody asks often', () => {
	expect(pauseMs(null, true)).toBeGreaterThan(pauseMs(null, false));
});
