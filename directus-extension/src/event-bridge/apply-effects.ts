import { isSqlite } from '../lib/dialect.js';
import type { Effect, EffectVerdict } from '../lib/effect.js';
import { erasedOf } from './erasures.js';
import { applyEffect, type ApplyContext } from './apply-effect.js';
import { doneOf } from './ledger.js';

/** Four at once nearly halve the time on PostgreSQL. SQLite has one writer. */
const AT_ONCE_MAX = 4;

/** Applies each effect by itself, those of one item in their order, and returns the verdicts in the effects' order. */
export async function applyEffects(
	effects: readonly Effect[],
	context: ApplyContext,
	apply: typeof applyEffect = applyEffect,
): Promise<EffectVerdict[]> {
	const verdicts: EffectVerdict[] = [];
	const lanes = [...byItem(effects).values()];
	const customers = effects.flatMap(({ customer }) => customer ?? []);
	const erased = await erasedOf(customers, context.database);
	// Spares repeated effects a transaction. The answer that counts is given inside it.
	const done = await doneOf(effects, context.database);
	const worker = async (): Promise<void> => {
		for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) {
			for (const [index, effect] of lane) {
				const { customer, effectId } = effect;
				if (customer !== null && erased.has(customer)) verdicts[index] = { effectId, verdict: 'erased' };
				else if (done.has(effectId)) verdicts[index] = { effectId, verdict: 'duplicate' };
				else verdicts[index] = await apply(effect, context);
			}
		}
	};
	await Promise.all(Array.from({ length: isSqlite(context.database) ? 1 : AT_ONCE_MAX }, worker));
	return verdicts;
}

function byItem(effects: readonly Effect[]): Map<string, [number, Effect][]> {
	return Map.groupBy(effects.entries(), ([, { collection, key }]) => `${collection}/${key}`);
}
