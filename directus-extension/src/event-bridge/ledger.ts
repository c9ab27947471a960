import type { Knex } from 'knex';
import type { Effect } from '../lib/effect.js';
import { LEDGER } from '../lib/tables.js';

/** Thrown inside the effect's transaction, so that the whole write rolls back. */
export class EffectDeclined extends Error {
	override readonly name = 'EffectDeclined';
	readonly verdict: 'duplicate' | 'stale' | 'missing';

	constructor(verdict: EffectDeclined['verdict']) {
		super(`the effect is ${verdict}`);
		this.verdict = verdict;
	}
}

/** Whether the effect is done already, or a newer one of the same reaction was applied to the item; else `null`. */
export async function pastOf(effect: Effect, database: Knex): Promise<'duplicate' | 'stale' | null> {
	const { effectId, collection, key, reaction, sequence } = effect;
	const rows: { effect_id: string }[] = await database(LEDGER)
		.select('effect_id')
		.where('effect_id', effectId)
		.orWhere((newer) => newer.where({ collection, item: key, reaction }).where('sequence', '>', sequence));
	if (rows.length === 0) return null;
	return rows.some((row) => row.effect_id === effectId) ? 'duplicate' : 'stale';
}

/** Writes the effect's row in the transaction of its write, or throws [`EffectDeclined`]. */
export async function enterLedger(effect: Effect, transaction: Knex): Promise<void> {
	const past = await pastOf(effect, transaction);
	if (past !== null) throw new EffectDeclined(past);

	const inserted: unknown[] = await transaction(LEDGER)
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
