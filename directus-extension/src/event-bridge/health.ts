import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { unprotectedCollections } from '../capture/unprotected-collections.js';
import { PROTOCOL } from '../relay/deliver.js';
import type { RelayHealth } from '../relay/relay.js';
import type { WatchedCollections } from '../lib/watched-collections.js';
import { outboxFigures, type OutboxFigures } from './outbox-figures.js';

export interface Health {
	/** What the relay speaks to the sidecar. */
	protocol: string;
	outbox: OutboxFigures;
	/** Watched collections whose accountability is off: their changes are recorded after the commit, best effort. */
	untracked: string[];
	/** Of the process that answers; `null` when it has none. */
	relay: RelayHealth | null;
}

export async function health({
	database,
	relay,
	schema,
	settings,
}: {
	database: Knex;
	relay: RelayHealth | null;
	schema: SchemaOverview;
	settings: { collections: WatchedCollections };
}): Promise<Health> {
	return {
		protocol: PROTOCOL,
		outbox: await outboxFigures(database),
		untracked: unprotectedCollections(schema, settings.collections),
		relay,
	};
}
