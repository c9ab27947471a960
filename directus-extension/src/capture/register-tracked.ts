import type { EventContext, ExtensionsServices, RegisterFunctions } from '@directus/types';
import type { Logger } from '../lib/logger.js';
import type { Settings } from '../lib/settings.js';
import { withoutValues } from '../lib/without-values.js';
import type { Relay } from '../relay/relay.js';
import { afterCommit } from './after-commit.js';
import { captureChange, trackedChange, type Activity } from './capture-change.js';
import type { CapturePlans } from './capture-plan.js';
import { ItemMemory } from './item-memory.js';
import { protectSave } from './protect-save.js';

export interface CaptureParts {
	logger: Logger;
	plans: CapturePlans;
	relay: Pick<Relay, 'nudge'>;
	services: Pick<ExtensionsServices, 'ItemsService' | 'PayloadService'>;
	settings: Settings;
}

/** Captures every write that Directus tracks, inside its transaction. */
export function registerTracked({ filter }: Pick<RegisterFunctions, 'filter'>, parts: CaptureParts): void {
	const { logger, plans, relay, services, settings } = parts;
	const memory = new ItemMemory();

	const remember = async (name: string, keys: unknown[], context: EventContext): Promise<void> => {
		const { accountability, database, schema } = context;
		const plan = schema && plans.of(name, schema);
		// No activity will be captured, which would use the memory up.
		if (!schema || !plan || plan.collection.accountability === null) return;
		if (accountability === null || accountability.user === settings.serviceAccount) return;
		try {
			await memory.remember(plan.collection, keys, { services, database, schema });
		} catch (error) {
			// Then the past is looked up. If the keys are wrong, Directus is about to say so itself.
			logger.debug(withoutValues(error), 'event bridge: items could not be read before their write');
		}
	};
	filter('items.update', async (payload, { collection, keys }, context) => {
		await remember(collection, keys, context);
		return payload;
	});
	filter<unknown[]>('items.delete', async (keys, { collection }, context) => {
		await remember(collection, keys, context);
		return keys;
	});

	filter<Activity>('activity.create', async (activity, _meta, { database, schema }) => {
		// Whoever wrote, what was remembered is the past no more.
		const remembered = memory.take(activity.collection, String(activity.item));
		const change = schema && trackedChange(activity, schema, plans, settings);
		if (!change) return activity;

		const isToSend = await protectSave(settings.capture, { database, logger }, (transaction) =>
			captureChange(change, remembered, { services, database: transaction, schema }),
		);
		if (isToSend) afterCommit(database, () => relay.nudge());
		return activity;
	});
}
