import { setImmediate } from 'node:timers/promises';
import { vi } from 'vitest';

const STEP_MS = 50;
const STEPS_MAX = 4000;

/** Lets the faked clock run, in steps and as fast as the machine can, until the assertion holds. */
export async function eventually(assertion: () => void | Promise<void>): Promise<void> {
	for (let step = 0; step < STEPS_MAX; step += 1) {
		try {
			return await assertion();
		} catch {
			await vi.advanceTimersByTimeAsync(STEP_MS);
			// The database is real: let it answer.
			await setImmediate();
		}
	}
	await assertion();
}
