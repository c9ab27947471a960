import type { EventContext, ExtensionsServices, RegisterFunctions } from '@directus/types';
import type { Logger } from '../lib/logger.js';
import type { Settings } from '../lib/settings.js';
import { withoutValues } from '../lib/without-values.js';
import type { Relay } from '../relay/relay.js';
import { afterCommit } from './after-commit.js';
import { captureChange, trackedChange, type Activity } from './capture-change.js';
import { ForeignKeyMemory } from './foreign-key-memory.js';
import { protectSave } from './protect-save.js';

export interface CaptureParts {
	logger: Logger;
	relay: Pick<Relay, 'nudge'>;
	services: Pick<ExtensionsServices, 'ItemsService'>;
	settings: Settings;
}

/** Captures every write that Directus tracks, inside its transaction. */
export function registerTracked({ filter }: Pick<RegisterFunctions, 'filter'>, parts: CaptureParts): void {
	const { logger, relay, services, settings } = parts;
	const memory = new ForeignKeyMemory();

	const remember = async (name: string, keys: unknown[], context: EventContext): Promise<void> => {
		const { accountability, database, schema } = context;
		const collection = schema?.collections[name];
		if (!schema || !collection || !settings.collections.watches(name)) return;
		// No activity will be captured, which would use the memory up.
		if (accountability === null || accountability.user === settings.serviceAccount) return;
		try {
			await memory.remember(collection, keys, { database, schema });
		} catch (error) {
			// Then they are unknown. If the keys are wrong, Directus is about to say so itself.
			logger.debug(withoutValues(error), 'event bridge: foreign keys before the write could not be read');
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
		const change = schema && trackedChange(activity, schema, settings);
		if (!change) return activity;

		const captured = await protectSave(settings.capture, { database, logger }, (transaction) =>
			captureChange(change, memory, { services, database: transaction, schema }),
		);
		if (captured) afterCommit(database, () => relay.nudge());
		return activity;
	});
}
