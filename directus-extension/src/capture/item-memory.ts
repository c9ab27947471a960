import type { CollectionOverview } from '@directus/types';
import type { Item } from '../lib/change.js';
import { readItems, type ReadContext } from './read-item.js';

const ENTRIES_MAX = 10_000;
const AGE_MAX_MS = 30_000;
const READ_MAX = 1000;

interface Entry {
	item: Item;
	readAt: number;
}

/**
 * Remembers the items that are about to be written, as they are now. Bounded, and only ever a help: what is not
 * remembered is looked up among the revisions.
 */
export class ItemMemory {
	readonly #entries = new Map<string, Entry>();

	/** Reads and remembers. The database must be the one of the filter's context, which may be an open transaction. */
	async remember(collection: CollectionOverview, keys: readonly unknown[], context: ReadContext): Promise<void> {
		for (let start = 0; start < Math.min(keys.length, ENTRIES_MAX); start += READ_MAX) {
			const items = await readItems(collection, keys.slice(start, start + READ_MAX).map(String), context);
			const readAt = Date.now();
			for (const item of items) {
				const name = entryName(collection.collection, String(item[collection.primary]));
				// A younger entry goes to the end, so that the oldest ones are forgotten first.
				this.#entries.delete(name);
				this.#entries.set(name, { item, readAt });
			}
		}
		this.#forgetOldest();
	}

	/** What was remembered for this write. Only once, so that it cannot pass for the past of a later one. */
	take(collection: string, key: string): Item | null {
		const name = entryName(collection, key);
		const entry = this.#entries.get(name);
		this.#entries.delete(name);
		return entry !== undefined && Date.now() - entry.readAt <= AGE_MAX_MS ? entry.item : null;
	}

	#forgetOldest(): void {
		for (const name of this.#entries.keys()) {
			if (this.#entries.size <= ENTRIES_MAX) return;
			this.#entries.delete(name);
		}
	}
}

function entryName(collection: string, key: string): string {
	return `${collection}/${key}`;
}
