import type { Relay } from './relay.js';

declare global {
	/** The relay of this process, across reloads of the extension: each reload loads a new copy of this module. */
	var directusEventBridgeRelay: Relay | undefined;
}

/**
 * Makes `relay` the one of this process. Directus tells an extension nothing when it is reloaded, and `server.start`
 * comes only once: so the relay of the former copy is stopped, and the new one started in its place.
 */
export function takeOver(relay: Relay): void {
	const former = globalThis.directusEventBridgeRelay;
	globalThis.directusEventBridgeRelay = relay;
	if (former?.isStarted) {
		former.stop();
		relay.start();
	}
}

/** The relay of this process, for who only wants to nudge it or to know how it is. */
export function relayOfProcess(): Pick<Relay, 'nudge' | 'health'> | undefined {
	return globalThis.directusEventBridgeRelay;
}
