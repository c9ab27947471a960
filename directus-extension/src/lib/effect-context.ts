import { AsyncLocalStorage } from 'node:async_hooks';
import type { Effect } from './effect.js';

/** The effect that the current call chain is applying. */
export interface EffectInProgress {
	effect: Effect;
	/** Whether the ledger row is written in the transaction that is open, or was committed with it. */
	recorded: boolean;
}

/**
 * Carries the effect from the endpoint through Directus' services to our own hook inside their transaction.
 * Not the accountability's `origin`: every client can send that header.
 */
const storage = new AsyncLocalStorage<EffectInProgress>();

/** Runs `write` with the effect in its context, and tells whether the ledger row was written with it. */
export async function applying(effect: Effect, write: () => Promise<unknown>): Promise<{ recorded: boolean }> {
	const inProgress = { effect, recorded: false };
	await storage.run(inProgress, write);
	return inProgress;
}

export function effectInProgress(): EffectInProgress | undefined {
	return storage.getStore();
}
