import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Pace, paceMs } from './pace.js';

test.each([
	[0, 20],
	[0.5, 31],
	[0.8, 94],
	[1, 200],
])('a process that is busy for %f of its time waits %i ms from round to round', (utilization, expected) => {
	expect(paceMs(utilization)).toBe(expected);
});

test('only the time since the round before counts', async () => {
	const pace = new Pace();
	const end = Date.now() + 50;
	while (Date.now() < end);
	// The loop counts what it did when it comes round.
	await setTimeout(0);
	const whenBusy = pace.next();
	await setTimeout(50);

	expect(pace.next()).toBeLessThan(whenBusy);
});
