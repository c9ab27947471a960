import { expect, test } from 'vitest';
import { currentTraceparent, traced } from './trace-context.js';

const CLIENTS = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

function traceparentsWithin(header: string | string[] | undefined): (string | null)[] {
	const found: (string | null)[] = [];
	traced(header, () => found.push(currentTraceparent(), currentTraceparent()));
	return found;
}

test("the client's trace goes on", () => {
	expect(traceparentsWithin(CLIENTS)).toEqual([CLIENTS, CLIENTS]);
});

test.each([
	['none', undefined],
	['two', [CLIENTS, CLIENTS]],
	['nonsense', 'nonsense'],
	['a trace without an id', '00-00000000000000000000000000000000-00f067aa0ba902b7-01'],
	['a span without an id', '00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01'],
	['the forbidden version', CLIENTS.replace('00-', 'ff-')],
])('where the client names %s, all changes of the request share a new trace', (_what, header) => {
	const [first, second] = traceparentsWithin(header);

	expect(first).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
	expect(second).toBe(first);
	expect(traceparentsWithin(header)).not.toContain(first);
});

test('outside of a request there is no trace', () => {
	expect(currentTraceparent()).toBeNull();
});

test('the trace survives what a request waits for', async () => {
	const found = await new Promise((resolve) => {
		traced(CLIENTS, () => void Promise.resolve().then(() => setImmediate(() => resolve(currentTraceparent()))));
	});

	expect(found).toBe(CLIENTS);
});
