import type { SchemaOverview } from '@directus/types';
import type { Logger } from '../lib/logger.js';
import type { WatchedCollections } from '../lib/watched-collections.js';

/** Watched collections whose accountability is off. */
export function unprotectedCollections(schema: SchemaOverview, watched: WatchedCollections): string[] {
	return Object.values(schema.collections)
		.filter(({ collection, accountability }) => accountability === null && watched.watches(collection))
		.map(({ collection }) => collection)
		.toSorted();
}

/** Tells the administrator, in one line, whose changes are not recorded in their transaction. */
export function warnOfUnprotected(
	schema: SchemaOverview,
	watched: WatchedCollections,
	logger: Pick<Logger, 'warn'>,
): void {
	const collections = unprotectedCollections(schema, watched);
	if (collections.length === 0) return;
	logger.warn(
		{ collections },
		`event bridge: accountability is off for ${collections.join(', ')}: changes are recorded after the commit, best effort`,
	);
}
