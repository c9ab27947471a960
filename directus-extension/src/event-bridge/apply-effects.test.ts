import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import type { Effect, EffectVerdict } from '../lib/effect.js';
import { LEDGER } from '../lib/tables.js';
import { openDirectusLike } from '../testing/sqlite.js';
import type { ApplyContext } from './apply-effect.js';
import { applyEffects } from './apply-effects.js';
import { rememberErasure } from './erasures.js';

/** A database of this dialect, in which nothing was done yet. */
function on(dialect: string): ApplyContext {
	const database = Object.assign(emptyTable, { client: { dialect } }) as unknown as Knex;
	return { database } as ApplyContext;
}
const effect = (key: string, sequence: number): Effect =>
	({ effectId: `${key}/${sequence}`, collection: 'feedback', key, sequence, customer: null }) as unknown as Effect;
const effects = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((key) => [effect(key, 1), effect(key, 2)]);

function emptyTable(): unknown {
	return { whereIn: () => ({ pluck: () => Promise.resolve([]) }) };
}

/** Watches how many effects are under way, and in which order each item's came. */
function watched(): { apply: (effect: Effect) => Promise<EffectVerdict>; order: string[]; atOnceMax: () => number } {
	const order: string[] = [];
	let atOnce = 0;
	let most = 0;
	const apply = async ({ effectId }: Effect): Promise<EffectVerdict> => {
		atOnce += 1;
		most = Math.max(most, atOnce);
		await Promise.resolve();
		order.push(effectId);
		atOnce -= 1;
		return { effectId, verdict: 'applied' };
	};
	return { apply, order, atOnceMax: () => most };
}

test.each([
	['postgresql', 4],
	['sqlite3', 1],
])('on %s %i effects are applied at once', async (dialect, atOnce) => {
	const { apply, atOnceMax } = watched();

	await applyEffects(effects, on(dialect), apply);

	expect(atOnceMax()).toBe(atOnce);
});

test('verdicts come in the order of the effects, and each item has its effects in order', async () => {
	const { apply, order } = watched();

	const verdicts = await applyEffects(effects, on('postgresql'), apply);

	expect(verdicts.map(({ effectId }) => effectId)).toEqual(effects.map(({ effectId }) => effectId));
	for (const key of ['a', 'b', 'c', 'd', 'e', 'f']) {
		expect(order.filter((id) => id.startsWith(key))).toEqual([`${key}/1`, `${key}/2`]);
	}
});

test('nothing is written for a customer who was erased', async () => {
	const database = await openDirectusLike();
	const [ada, jonas] = ['a'.repeat(64), 'b'.repeat(64)];
	await rememberErasure(ada, database);
	const { apply, order } = watched();
	const ofCustomers = [
		{ ...effect('0', 1), customer: ada },
		{ ...effect('1', 1), customer: jonas },
	];

	const verdicts = await applyEffects(ofCustomers, { database } as ApplyContext, apply);

	expect(verdicts.map(({ verdict }) => verdict)).toEqual(['erased', 'applied']);
	expect(order).toEqual(['1/1']);
});

test('what is done already costs no transaction', async () => {
	const database = await openDirectusLike();
	const done = { effect_id: '0/1', event_id: 'event', reaction: 'enrich', collection: 'feedback', item: '0' };
	await database(LEDGER).insert({ ...done, sequence: 1, created_at: 0 });
	const { apply, order } = watched();

	const verdicts = await applyEffects([effect('0', 1), effect('0', 2)], { database } as ApplyContext, apply);

	expect(verdicts.map(({ verdict }) => verdict)).toEqual(['duplicate', 'applied']);
	expect(order).toEqual(['0/2']);
});
