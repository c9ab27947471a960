import type { SchemaOverview } from '@directus/types';
import type { Effect, EffectError } from '../lib/effect.js';
import { canBeKey } from '../lib/key.js';
import { isInternal } from '../lib/watched-collections.js';

/** What Directus' overview says of a primary key that the database counts up. */
const COUNTED = 'AUTO_INCREMENT';

/** Why an effect cannot be applied to this schema, whatever the items are; `null` when it can. */
export function refuseEffect({ collection, key, op }: Effect, schema: SchemaOverview): EffectError | null {
	const overview = schema.collections[collection];
	if (overview === undefined || isInternal(collection)) {
		return { code: 'UNKNOWN_COLLECTION', message: 'there is no such collection to write to' };
	}
	if (op !== 'create') return null;

	// Only a key of our own makes a create that comes again, after its ledger row is gone, find its item there. A number
	// of ours would sooner or later be the one that the database gives to somebody else's item.
	const primary = overview.fields[overview.primary];
	if (primary?.defaultValue === COUNTED) {
		return {
			code: 'INVALID_KEY',
			message: 'the collection numbers its items itself: it needs a uuid or a text as key',
		};
	}
	if (!canBeKey(primary?.type, key)) {
		return { code: 'INVALID_KEY', message: 'the key does not fit the type of the primary key' };
	}
	return null;
}
