import { ForbiddenError, RecordNotUniqueError } from '@directus/errors';
import type { Accountability } from '@directus/types';
import type { Knex } from 'knex';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Effect, EffectVerdict } from '../lib/effect.js';
import { LEDGER } from '../lib/tables.js';
import { example } from '../testing/examples.js';
import { itemsServiceOn, type ActivityFilter } from '../testing/items-service.js';
import { fakeLogger } from '../testing/logger.js';
import { feedback, field, schemaOf } from '../testing/schema.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { applyEffect, type ApplyContext } from './apply-effect.js';
import { recordEffect } from './record-effect.js';

const golden = example<{ effects: [Effect]; verdicts: EffectVerdict[] }>('effects');
const accountability: Accountability = { user: 'bridge', role: null, roles: [], admin: false, app: false, ip: null };
const ledgerRow = {
	effect_id: golden.effects[0].effectId,
	event_id: 'event',
	reaction: 'enrich',
	collection: 'feedback',
	item: '42',
	sequence: 1,
	created_at: 0,
};
const emitAction = vi.fn();
let database: Knex;
let onActivity: ActivityFilter;
let collection: typeof feedback;

beforeEach(async () => {
	vi.clearAllMocks();
	database = await openDirectusLike();
	await database('feedback').insert({ id: 42, text: 'as it was' });
	onActivity = recordEffect;
	collection = feedback;
});

const effect = (overrides: Partial<Effect> = {}): Effect => ({
	...golden.effects[0],
	data: { text: 'enriched' },
	...overrides,
});

const applyContext = (): ApplyContext => ({
	accountability,
	database,
	emitter: { emitAction },
	logger: fakeLogger(),
	schema: schemaOf(collection),
	services: itemsServiceOn(database, (...event) => onActivity(...event)),
});
const apply = (overrides: Partial<Effect> = {}): Promise<EffectVerdict> =>
	applyEffect(effect(overrides), applyContext());
const textOf = async (id: number): Promise<unknown> => (await database('feedback').where({ id }).first('text'))?.text;
const ledger = async (): Promise<unknown[]> => await database(LEDGER).pluck('effect_id');

test.each(['all', 'activity', null] as const)(
	'accountability %s: the effect and its ledger row are there together',
	async (mode) => {
		collection = { ...feedback, accountability: mode };

		expect(await apply()).toEqual(golden.verdicts[0]);

		expect(await textOf(42)).toBe('enriched');
		expect(await ledger()).toEqual([effect().effectId]);
	},
);

test.each(['all', null] as const)(
	'accountability %s: a second time it is a duplicate, and changes nothing',
	async (mode) => {
		collection = { ...feedback, accountability: mode };
		await apply();

		expect(await apply({ data: { text: 'twice' } })).toMatchObject({ verdict: 'duplicate' });
		expect(await textOf(42)).toBe('enriched');
	},
);

test('an older event after a newer one is stale; another reaction has its own order', async () => {
	await apply({ effectId: 'newer', sequence: 7 });

	expect(await apply({ effectId: 'older', sequence: 6, data: { text: 'old' } })).toMatchObject({ verdict: 'stale' });
	expect(await textOf(42)).toBe('enriched');
	expect(await apply({ effectId: 'same', sequence: 7 })).toMatchObject({ verdict: 'applied' });
	expect(await apply({ effectId: 'other', sequence: 1, reaction: 'escalate' })).toMatchObject({ verdict: 'applied' });
});

test.each([
	['the same effect', {}, 'duplicate'],
	['a newer one', { effect_id: 'newer', sequence: 9999 }, 'stale'],
])('%s that another process entered meanwhile rolls the write back', async (_what, entered, verdict) => {
	// Comes after the first look at the ledger, which spares a transaction, and before the one that counts.
	onActivity = async (activity, meta, context) => {
		await context.database(LEDGER).insert({ ...ledgerRow, ...entered });
		return await recordEffect(activity, meta, context);
	};

	expect(await apply()).toMatchObject({ verdict });
	expect(await textOf(42)).toBe('as it was');
	expect(await ledger()).toEqual([]);
});

test('an activity of another item inside the same write is not mistaken for the effect', async () => {
	onActivity = async (activity, meta, context) => {
		await recordEffect({ ...activity, item: 7 }, meta, context);
		expect(await context.database(LEDGER).select()).toEqual([]);
		return await recordEffect(activity, meta, context);
	};

	expect(await apply()).toMatchObject({ verdict: 'applied' });
	expect(await ledger()).toHaveLength(1);
});

test('a transaction that Directus runs again after a deadlock writes its ledger row again', async () => {
	const { ItemsService } = itemsServiceOn(database, recordEffect);
	class Deadlocked extends ItemsService {
		override async updateOne(
			...[key, data]: Parameters<InstanceType<typeof ItemsService>['updateOne']>
		): Promise<string> {
			const attempt = database.transaction(async (transaction) => {
				const activity = { action: 'update', user: null, collection: 'feedback', item: String(key) };
				await recordEffect(activity, {}, { database: transaction, schema: schemaOf(feedback) });
				throw new Error('deadlock');
			});
			await expect(attempt).rejects.toThrow('deadlock');
			await super.updateOne(key, data);
			return String(key);
		}
	}

	const services = { ItemsService: Deadlocked } as unknown as ApplyContext['services'];
	const verdict = await applyEffect(effect(), { ...applyContext(), services });

	expect(verdict).toMatchObject({ verdict: 'applied' });
	expect(await ledger()).toEqual([effect().effectId]);
});

test.each(['all', null] as const)('accountability %s: an item that is not there is missing', async (mode) => {
	collection = { ...feedback, accountability: mode };

	for (const key of ['7', 'no number', '99999999999']) {
		expect(await apply({ key })).toMatchObject({ verdict: 'missing' });
	}
	expect(await ledger()).toEqual([]);
});

test('forbidden means missing when the item is not there, for Directus answers both alike', async () => {
	onActivity = () => Promise.reject(new ForbiddenError());

	expect(await apply({ key: '7' })).toMatchObject({ verdict: 'missing' });
	expect(await apply()).toEqual({ ...golden.verdicts[4], effectId: effect().effectId });
});

test('an item is deleted once, and what is gone is missing', async () => {
	const remove = { op: 'delete', effectId: 'delete', data: {} } as const;

	expect(await apply(remove)).toMatchObject({ verdict: 'applied' });
	expect(await textOf(42)).toBeUndefined();
	expect(await ledger()).toEqual(['delete']);
	expect(await apply(remove)).toMatchObject({ verdict: 'duplicate' });
	expect(await apply({ ...remove, effectId: 'again' })).toMatchObject({ verdict: 'missing' });
});

test('an item is created under the key of the effect, once, also when its ledger row is gone', async () => {
	// Keyed by text: a collection that numbers its items itself takes no key of ours.
	collection = { ...feedback, fields: { ...feedback.fields, id: field('id') } };
	const create = { op: 'create', key: '43', effectId: 'create' } as const;

	expect(await apply(create)).toMatchObject({ verdict: 'applied' });
	expect(await textOf(43)).toBe('enriched');
	expect(await apply(create)).toMatchObject({ verdict: 'duplicate' });

	await database(LEDGER).delete();
	expect(await apply({ ...create, data: { text: 'twice' } })).toEqual({ effectId: 'create', verdict: 'duplicate' });
	expect(await textOf(43)).toBe('enriched');
});

test('an item that cannot be created because of another value is refused, and not taken for done', async () => {
	collection = { ...feedback, fields: { ...feedback.fields, id: field('id') } };
	onActivity = () => Promise.reject(new RecordNotUniqueError({ collection: 'feedback', field: 'email', value: 'x' }));

	expect(await apply({ op: 'create', key: '43' })).toMatchObject({
		verdict: 'refused',
		error: { code: 'RECORD_NOT_UNIQUE' },
	});
});

test('a collection that numbers its items itself takes no key of ours', async () => {
	expect(await apply({ op: 'create', key: '43' })).toMatchObject({
		verdict: 'refused',
		error: { code: 'INVALID_KEY' },
	});
});

test.each(['orders', 'directus_users', 'event_bridge_outbox'])('%s is not written to', async (name) => {
	collection = { ...feedback, collection: name === 'orders' ? 'feedback' : name };

	expect(await apply({ collection: name })).toMatchObject({
		verdict: 'refused',
		error: { code: 'UNKNOWN_COLLECTION' },
	});
});

test('action events that Directus could not send after the commit are sent after it', async () => {
	collection = { ...feedback, accountability: null };
	await apply();

	expect(emitAction).toHaveBeenCalledExactlyOnceWith('items.update', { key: '42' }, {});

	await apply({ key: '7', effectId: 'missing' });
	expect(emitAction).toHaveBeenCalledOnce();
});

test('without the capture hook an effect is not called applied, for it would be applied again', async () => {
	onActivity = async () => undefined;

	expect(await apply()).toMatchObject({ verdict: 'retry' });
});
