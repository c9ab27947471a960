import type { Accountability, ExtensionsServices, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { applying } from '../lib/effect-context.js';
import type { Effect, EffectVerdict } from '../lib/effect.js';
import type { Logger } from '../lib/logger.js';
import { withoutValues } from '../lib/without-values.js';
import { classify } from './classify.js';
import { itemExists } from './item-exists.js';
import { doneOf, EffectDeclined, enterLedger } from './ledger.js';
import { refuseEffect } from './refuse-effect.js';

export interface ApplyContext {
	accountability: Accountability;
	database: Knex;
	/** The extensions' own emitter: other extensions hear it, Directus' Flows do not. */
	emitter: { emitAction(event: string | string[], meta: unknown, context: unknown): void };
	logger: Pick<Logger, 'error'>;
	schema: SchemaOverview;
	services: Pick<ExtensionsServices, 'ItemsService'>;
}

/** Applies one effect with the caller's permissions, exactly once, and says what became of it. Never throws. */
export async function applyEffect(effect: Effect, context: ApplyContext): Promise<EffectVerdict> {
	const { effectId, collection } = effect;
	const refusal = refuseEffect(effect, context.schema);
	if (refusal !== null) return { effectId, verdict: 'refused', error: refusal };

	try {
		// Directus lets an admin delete what is not there.
		if (effect.op === 'delete' && !(await itemExists(effect, context))) {
			const isDone = (await doneOf([effect], context.database)).has(effectId);
			return { effectId, verdict: isDone ? 'duplicate' : 'missing' };
		}

		if (context.schema.collections[collection]?.accountability === null) await applyUntracked(effect, context);
		else await applyTracked(effect, context);
		return { effectId, verdict: 'applied' };
	} catch (error) {
		return await judge(error, effect, context);
	}
}

/** In Directus' own transaction, so that its action events come after the commit, and Flows react to them. */
async function applyTracked(effect: Effect, context: ApplyContext): Promise<void> {
	const { recorded } = await applying(effect, () => write(effect, context));
	if (!recorded) throw new Error('the effect was applied without its ledger row: is the capture hook switched off?');
}

/**
 * In a transaction of our own: without an activity nothing of ours runs inside Directus' one. Its action events would
 * come before our commit, so they are held back, and reach only the extensions' own emitter.
 */
async function applyUntracked(effect: Effect, context: ApplyContext): Promise<void> {
	const held: Parameters<ApplyContext['emitter']['emitAction']>[] = [];
	await context.database.transaction(async (transaction) => {
		await write(effect, context, {
			knex: transaction,
			hold: ({ event, meta, context: eventContext }) => held.push([event, meta, eventContext]),
		});
		await enterLedger(effect, { ...context, database: transaction });
	});
	for (const event of held) context.emitter.emitAction(...event);
}

interface Held {
	event: string | string[];
	meta: unknown;
	context: unknown;
}

async function write(
	{ collection, data, eventId, key, op, reaction }: Effect,
	{ accountability, schema, services }: ApplyContext,
	own?: { knex: Knex; hold: (event: Held) => void },
): Promise<void> {
	const service = new services.ItemsService(collection, {
		knex: own?.knex,
		schema,
		// For the reader of the activity log only: nothing trusts it.
		accountability: { ...accountability, origin: `event-bridge:${eventId}:${reaction}` },
	});
	const options = own && { bypassEmitAction: own.hold };
	if (op === 'update') await service.updateOne(key, data, options);
	else if (op === 'delete') await service.deleteOne(key, options);
	else await service.createOne({ ...data, [schema.collections[collection]?.primary ?? 'id']: key }, options);
}

async function judge(error: unknown, effect: Effect, context: ApplyContext): Promise<EffectVerdict> {
	const { effectId, collection, key, op } = effect;
	if (error instanceof EffectDeclined) return { effectId, verdict: error.verdict };

	const { verdict, error: reason } = classify(error);
	// A key that is given is derived from what the item is made for: whoever made it first, it is made.
	if (
		reason.code === 'RECORD_NOT_UNIQUE' &&
		op === 'create' &&
		(await itemExists(effect, context).catch(() => false))
	) {
		return { effectId, verdict: 'duplicate' };
	}
	// Directus answers a non-admin alike whether the item is missing or forbidden.
	if (verdict === 'refused' && op !== 'create' && !(await itemExists(effect, context).catch(() => true))) {
		return { effectId, verdict: 'missing' };
	}
	if (reason.code === 'UNKNOWN') {
		context.logger.error(
			withoutValues(error),
			`event bridge: an effect on ${collection}/${key} failed for an unknown reason`,
		);
	}
	return { effectId, verdict, error: reason };
}
