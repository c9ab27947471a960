import { expect, test } from 'vitest';
import { backoffMs, retryAfterMs } from './backoff.js';

const longest = (): number => 1;

test.each([
	[1, 1000],
	[2, 2000],
	[6, 32_000],
	[7, 60_000],
	[1000, 60_000],
])('after %i failures the wait is at most %i ms', (failures, delayMs) => {
	expect(backoffMs(failures, longest)).toBe(delayMs);
});

test('the jitter is full, so that processes spread over the whole wait', () => {
	expect(backoffMs(3, () => 0)).toBe(0);
	expect(backoffMs(3, () => 0.5)).toBe(2000);
});

test.each([
	['7', 7000],
	['86400', 60_000],
	['Sat, 21 Nov 2026 10:00:05 GMT', 5000],
	['0', null],
	['soon', null],
	['Sat, 21 Nov 2026 09:00:00 GMT', null],
	[undefined, null],
])('Retry-After: %s', (header, delayMs) => {
	expect(retryAfterMs(header, Date.parse('2026-11-21T10:00:00Z'))).toBe(delayMs);
});
