import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';

/** The trace that a request belongs to; its text is made when somebody asks for it. */
export interface RequestTrace {
	traceparent: string | null;
}

declare global {
	/**
	 * Carries the trace from the request to the save. Of this process and not of this module: the middleware stays when
	 * the extension is reloaded, and each reload loads a new copy of the module.
	 */
	var directusEventBridgeTrace: AsyncLocalStorage<RequestTrace> | undefined;
}

const W3C_TRACEPARENT = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

const storage = (globalThis.directusEventBridgeTrace ??= new AsyncLocalStorage());

/** Runs what follows of a request in its trace: the one that the client named, or a new one. */
export function traced(header: string | string[] | undefined, next: () => void): void {
	const isValid = typeof header === 'string' && W3C_TRACEPARENT.test(header) && !header.startsWith('ff');
	storage.run({ traceparent: isValid ? header : null }, next);
}

/** The trace context of the request that is being served; `null` outside of any request. */
export function currentTraceparent(): string | null {
	const trace = storage.getStore();
	if (trace === undefined) return null;
	// One for all changes of the request, and none for the many requests that change nothing.
	return (trace.traceparent ??= newTraceparent());
}

/** A trace of our own. Nobody but us knows of it, so it is for us to say that it is sampled. */
function newTraceparent(): string {
	return `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-01`;
}
