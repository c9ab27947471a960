import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import type { Effect } from '../lib/effect.js';
import { LEDGER } from '../lib/tables.js';
import { itemQuery } from './item-exists.js';

/** Thrown inside the effect's transaction, so that the whole write rolls back. */
export class EffectDeclined extends Error {
	override readonly name = 'EffectDeclined';
	readonly verdict: 'duplicate' | 'stale' | 'missing';

	constructor(verdict: EffectDeclined['verdict']) {
		super(`the effect is ${verdict}`);
		this.verdict = verdict;
	}
}

/** Those of the effects that are done already. */
export async function doneOf(effects: readonly Effect[], database: Knex): Promise<Set<string>> {
	const asked = effects.map(({ effectId }) => effectId);
	return new Set<string>(await database(LEDGER).whereIn('effect_id', asked).pluck('effect_id'));
}

/** Writes the effect's row in the transaction of its write, or throws [`EffectDeclined`]. */
export async function enterLedger(
	effect: Effect,
	{ database, schema }: { database: Knex; schema: SchemaOverview },
): Promise<void> {
	const obstacle = await obstacleTo(effect, database, schema);
	if (obstacle !== null) throw new EffectDeclined(obstacle);

	const inserted: unknown[] = await database(LEDGER)
		.insert({
			effect_id: effect.effectId,
			event_id: effect.eventId,
			reaction: effect.reaction,
			collection: effect.collection,
			item: effect.key,
			sequence: effect.sequence,
			created_at: Date.now(),
		})
		// Another process may just have committed the same effect. Ignoring keeps PostgreSQL's transaction usable.
		.onConflict('effect_id')
		.ignore()
		.returning('effect_id');
	if (inserted.length === 0) throw new EffectDeclined('duplicate');
}

/**
 * Whether the effect is done already, a newer one of the same reaction was applied to the item, or the item is not
 * there: Directus lets an admin update what does not exist, and says nothing. One statement, as every save waits for it.
 */
async function obstacleTo(
	effect: Effect,
	database: Knex,
	schema: SchemaOverview,
): Promise<EffectDeclined['verdict'] | null> {
	const { effectId, collection, key, reaction, sequence } = effect;
	const past = database(LEDGER)
		.select({ found: 'effect_id' })
		.where('effect_id', effectId)
		.orWhere((newer) => newer.where({ collection, item: key, reaction }).where('sequence', '>', sequence));
	// What is deleted is gone already.
	const item = effect.op === 'delete' ? null : itemQuery(effect, { database, schema });
	const rows: { found: string }[] = await (item === null ? past : past.unionAll(item.select(database.raw(ITEM))));

	const found = new Set(rows.map((row) => row.found));
	const isThere = found.delete('item') || effect.op === 'delete';
	if (found.has(effectId)) return 'duplicate';
	if (found.size > 0) return 'stale';
	return isThere ? null : 'missing';
}

const ITEM = `'item' as found`;
