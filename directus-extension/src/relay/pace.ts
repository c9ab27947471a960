import { performance } from 'node:perf_hooks';

/** From one round to the next in a process that has time, and in one that has none. */
const PACE_MIN_MS = 20;
const PACE_MAX_MS = 200;

/**
 * How soon a round may follow the one before. Where saves leave time, events should not wait; where they do not, a
 * storm of commits becomes five requests a second, not one for each.
 */
export class Pace {
	#since = performance.eventLoopUtilization();

	/** By how busy this process was since it was asked before. */
	next(): number {
		const now = performance.eventLoopUtilization();
		const { utilization } = performance.eventLoopUtilization(now, this.#since);
		this.#since = now;
		return paceMs(utilization);
	}
}

/** Half of the time in use is time enough for most of the haste; the last tenth is worth more than all before. */
export function paceMs(utilization: number): number {
	return Math.round(PACE_MIN_MS + (PACE_MAX_MS - PACE_MIN_MS) * utilization ** 4);
}
