import type { RegisterFunctions } from '@directus/types';
import type { Action } from '../lib/change.js';
import { withoutValues } from '../lib/without-values.js';
import { captureUntracked, untrackedChange, type ItemsEvent } from './capture-untracked.js';
import type { CaptureParts } from './register-tracked.js';

const ACTIONS: Action[] = ['create', 'update', 'delete'];

/** Captures, after the fact, the writes that Directus tracks nowhere. */
export function registerUntracked({ action }: Pick<RegisterFunctions, 'action'>, parts: CaptureParts): void {
	const { logger, plans, relay, services, settings } = parts;
	for (const name of ACTIONS) {
		action(`items.${name}`, async ({ collection, key, keys, payload }, { accountability, database, schema }) => {
			const event: ItemsEvent = { collection, key, keys, payload };
			const change = schema && untrackedChange(name, event, { accountability, schema }, plans, settings);
			if (!change) return;
			try {
				await captureUntracked(change, { services, database, schema });
				relay.nudge();
			} catch (error) {
				// The save is over: nobody is left to tell but the log.
				logger.error(
					withoutValues(error),
					`event bridge: a change of ${collection} could not be recorded, nobody will hear of it`,
				);
			}
		});
	}
}
