import { words } from './setting-parsers.js';

/** Which collections are announced. System collections and our own tables never are. */
export interface WatchedCollections {
	watches(collection: string): boolean;
}

/** Parses a list such as `*`, `feedback,tickets` or `*,!drafts`. Only exclusions means all but those. */
export function parseCollections(text: string): WatchedCollections {
	const names = words(text);
	if (names.length === 0) throw new Error('must name a collection, or * for all');

	const excluded = new Set(names.filter((name) => name.startsWith('!')).map((name) => name.slice(1)));
	const included = new Set(names.filter((name) => !name.startsWith('!')));
	const internal = [...included].find(isInternal);
	if (internal !== undefined) throw new Error(`cannot watch "${internal}": it is not a collection of yours`);

	const all = included.has('*') || included.size === 0;
	return {
		watches: (collection) => !isInternal(collection) && !excluded.has(collection) && (all || included.has(collection)),
	};
}

/** Whether a collection belongs to Directus or to this extension, and not to the user. */
export function isInternal(collection: string): boolean {
	return collection.startsWith('directus_') || collection.startsWith('event_bridge_');
}
