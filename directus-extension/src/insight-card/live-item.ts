/** What the server says of its WebSockets; `false` when they are off. */
export type WebSocketInfo = false | { rest?: false | { path: string } } | undefined;

/** Where Directus tells of changes; `null` when it does not. */
export function liveUrl(info: WebSocketInfo, root: string): string | null {
	if (info === undefined || info === false || !info.rest) return null;
	const url = new URL(info.rest.path.replace(/^\//, ''), root);
	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	return url.href;
}

/** Asks to be told of one item. It is read by the user's own permissions, as in every request. */
export function subscription(collection: string, primary: string, key: string | number): string {
	return JSON.stringify({
		type: 'subscribe',
		collection,
		query: { fields: [primary], filter: { [primary]: { _eq: key } } },
		uid: 'insight-card',
	});
}

/** What one message is to the card. */
export function meaningOf(message: string): 'ping' | 'live' | 'changed' | 'refused' | 'other' {
	const { type, event, status } = parsed(message);
	if (type === 'ping') return 'ping';
	if (type !== 'subscription') return 'other';
	if (status === 'error') return 'refused';
	return event === 'init' ? 'live' : 'changed';
}

export const PONG = JSON.stringify({ type: 'pong' });

/** Tells of changes of one item over a socket of its own, until it is closed. Without one, polling goes on. */
export class LiveItem {
	readonly #socket: WebSocket;
	#isLive = false;

	constructor(url: string, subscribe: string, onChange: () => void) {
		this.#socket = new WebSocket(url);
		this.#socket.addEventListener('open', () => this.#socket.send(subscribe));
		this.#socket.addEventListener('close', () => (this.#isLive = false));
		this.#socket.addEventListener('message', ({ data }) => {
			const meaning = meaningOf(String(data));
			if (meaning === 'ping') this.#socket.send(PONG);
			if (meaning === 'live') this.#isLive = true;
			if (meaning === 'refused') this.close();
			if (meaning === 'changed') onChange();
		});
	}

	/** Whether changes are told right now. */
	get isLive(): boolean {
		return this.#isLive;
	}

	close(): void {
		this.#isLive = false;
		this.#socket.close();
	}
}

function parsed(message: string): { type?: unknown; event?: unknown; status?: unknown } {
	try {
		const value: unknown = JSON.parse(message);
		return typeof value === 'object' && value !== null ? value : {};
	} catch {
		return {};
	}
}
