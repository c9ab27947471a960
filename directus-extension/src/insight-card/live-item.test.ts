import { afterEach, expect, test, vi } from 'vitest';
import { LiveItem, liveUrl, meaningOf, subscription } from './live-item.js';

test('Directus says where it tells of changes, if it does', () => {
	const info = { rest: { path: '/websocket' } };

	expect(liveUrl(info, 'https://example.com/base/')).toBe('wss://example.com/base/websocket');
	expect(liveUrl(info, 'http://localhost:8055/')).toBe('ws://localhost:8055/websocket');
	expect([undefined, false as const, {}, { rest: false as const }].map((each) => liveUrl(each, 'http://x/'))).toEqual([
		null,
		null,
		null,
		null,
	]);
});

test.each([
	['{"type":"ping"}', 'ping'],
	['{"type":"subscription","event":"init","data":[]}', 'live'],
	['{"type":"subscription","event":"update","data":[{}]}', 'changed'],
	['{"type":"subscription","status":"error"}', 'refused'],
	['{"type":"auth","status":"ok"}', 'other'],
	['no JSON', 'other'],
])('%s means %s', (message, meaning) => {
	expect(meaningOf(message)).toBe(meaning);
});

class FakeSocket extends EventTarget {
	static last: FakeSocket;
	sent: string[] = [];
	close = vi.fn<() => void>();
	constructor(readonly url: string) {
		super();
		FakeSocket.last = this;
	}
	send(text: string): void {
		this.sent.push(text);
	}
	says(text: string): void {
		this.dispatchEvent(new MessageEvent('message', { data: text }));
	}
}

afterEach(() => {
	vi.unstubAllGlobals();
});

test('it subscribes, answers pings, and tells of changes but not of the start', () => {
	vi.stubGlobal('WebSocket', FakeSocket);
	const onChange = vi.fn<() => void>();
	const wanted = subscription('tickets', 'id', 7);

	const live = new LiveItem('ws://x/websocket', wanted, onChange);
	const socket = FakeSocket.last;
	socket.dispatchEvent(new Event('open'));
	expect(live.isLive).toBe(false);
	socket.says('{"type":"subscription","event":"init"}');
	socket.says('{"type":"ping"}');

	expect(socket.sent).toEqual([wanted, '{"type":"pong"}']);
	expect(live.isLive).toBe(true);
	expect(onChange).not.toHaveBeenCalled();

	socket.says('{"type":"subscription","event":"update"}');
	expect(onChange).toHaveBeenCalledTimes(1);
	socket.dispatchEvent(new Event('close'));
	expect(live.isLive).toBe(false);
});

test('whoever may not be told is not live', () => {
	vi.stubGlobal('WebSocket', FakeSocket);
	const live = new LiveItem('ws://x/websocket', '{}', () => undefined);

	FakeSocket.last.says('{"type":"subscription","event":"init"}');
	FakeSocket.last.says('{"type":"subscription","status":"error"}');

	expect(live.isLive).toBe(false);
	expect(FakeSocket.last.close).toHaveBeenCalled();
});
