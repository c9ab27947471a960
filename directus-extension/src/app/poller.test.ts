import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Poller } from './poller.js';

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

test('it asks at once, then after each pause, until it is stopped', async () => {
	const ask = vi.fn(async () => undefined);
	const poller = new Poller(ask, () => 1_000);

	poller.start();
	await vi.advanceTimersByTimeAsync(2_500);
	expect(ask).toHaveBeenCalledTimes(3);

	poller.stop();
	await vi.advanceTimersByTimeAsync(5_000);
	expect(ask).toHaveBeenCalledTimes(3);
});

test('a slow answer is waited for: no two questions are under way at once', async () => {
	const { promise, resolve: answer } = Promise.withResolvers<void>();
	const ask = vi.fn(() => promise);
	const poller = new Poller(ask, () => 1_000);

	poller.start();
	await vi.advanceTimersByTimeAsync(10_000);
	expect(ask).toHaveBeenCalledTimes(1);

	poller.now();
	expect(ask).toHaveBeenCalledTimes(1);
	answer();
	await vi.advanceTimersByTimeAsync(0);
	expect(ask).toHaveBeenCalledTimes(2);
});

test('the pause may change from one time to the next', async () => {
	let pauseMs = 1_000;
	const ask = vi.fn(async () => undefined);
	const poller = new Poller(ask, () => pauseMs);

	poller.start();
	await vi.advanceTimersByTimeAsync(1_000);
	pauseMs = 10_000;
	await vi.advanceTimersByTimeAsync(2_000);

	expect(ask).toHaveBeenCalledTimes(3);
});

test('one question after a stop is asked and not followed by others', async () => {
	const ask = vi.fn(async () => undefined);
	const poller = new Poller(ask, () => 1_000);

	poller.now();
	await vi.advanceTimersByTimeAsync(5_000);

	expect(ask).toHaveBeenCalledTimes(1);
});
