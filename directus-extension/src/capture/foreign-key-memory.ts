import type { CollectionOverview, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Item } from '../lib/change.js';
import { foreignKeysOf } from './columns.js';

const ENTRIES_MAX = 10_000;
const AGE_MAX_MS = 30_000;

interface Entry {
	values: Item;
	readAt: number;
}

/**
 * Remembers the foreign keys of the items that are about to be written, because revisions do not hold them.
 * Bounded, and only ever a help: what is not remembered counts as unknown.
 */
export class ForeignKeyMemory {
	readonly #entries = new Map<string, Entry>();

	/** Reads and remembers. `database` must be the one of the filter's context, which may be an open transaction. */
	async remember(
		collection: CollectionOverview,
		keys: readonly unknown[],
		{ database, schema }: { database: Knex; schema: SchemaOverview },
	): Promise<void> {
		const foreignKeys = foreignKeysOf(collection, schema);
		if (foreignKeys.length === 0 || keys.length === 0) return;

		const rows: Item[] = await database(collection.collection)
			.select(collection.primary, ...foreignKeys)
			.whereIn(collection.primary, keys.slice(0, ENTRIES_MAX).map(String));

		const readAt = Date.now();
		for (const { [collection.primary]: key, ...values } of rows) {
			this.#entries.set(entryName(collection, String(key)), { values, readAt });
		}
		this.#forgetOldest();
	}

	/** What was remembered for this write. Only once, so that it cannot pass for the past of a later one. */
	take(collection: CollectionOverview, key: string): Item {
		const name = entryName(collection, key);
		const entry = this.#entries.get(name);
		this.#entries.delete(name);
		return entry !== undefined && Date.now() - entry.readAt <= AGE_MAX_MS ? entry.values : {};
	}

	#forgetOldest(): void {
		for (const name of this.#entries.keys()) {
			if (this.#entries.size <= ENTRIES_MAX) return;
			this.#entries.delete(name);
		}
	}
}

function entryName(collection: CollectionOverview, key: string): string {
	return `${collection.collection}/${key}`;
}
