import type { Relay, RelayHealth } from './relay.js';

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

/** Tells the relay of this process that something was put into the outbox. */
export function nudgeRelay(): void {
	globalThis.directusEventBridgeRelay?.nudge();
}

/** How the relay of this process is; `null` when it has none. */
export function relayHealth(): RelayHealth | null {
	return globalThis.directusEventBridgeRelay?.health ?? null;
}
