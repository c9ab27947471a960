import type { Accountability } from '@directus/types';
import * as fc from 'fast-check';
import type { Knex } from 'knex';
import { expect, test } from 'vitest';
import type { Effect } from '../lib/effect.js';
import { LEDGER } from '../lib/tables.js';
import { itemsServiceOn, type ActivityFilter } from '../testing/items-service.js';
import { fakeLogger } from '../testing/logger.js';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { applyEffect } from './apply-effect.js';
import { recordEffect } from './record-effect.js';

const EVENTS = 8;
const ITEMS = ['1', '2'];
const CRASHES = ['never', 'before the write', 'before the commit', 'before the answer'] as const;
const RUNS = 40;

const timeline = collection('timeline', [field('id'), field('text')]);
const accountability: Accountability = { user: 'bridge', role: null, roles: [], admin: false, app: false, ip: null };

/** One effect on its way: which, where its way ends, and whether the ledger has forgotten the creates by then. */
const delivery = fc.record({
	event: fc.nat({ max: EVENTS - 1 }),
	op: fc.constantFrom('update', 'create'),
	crash: fc.constantFrom(...CRASHES),
	forgotten: fc.boolean(),
});
type Delivery = typeof delivery extends fc.Arbitrary<infer Value> ? Value : never;

/** What must come in the end, in any order: each effect once with nothing in its way. */
const everything: Delivery[] = Array.from({ length: EVENTS }, (_, event) => event).flatMap((event) =>
	(['update', 'create'] as const).map((op) => ({ event, op, crash: 'never', forgotten: false }) as const),
);

const itemOf = (event: number): string => ITEMS[event % ITEMS.length] ?? '';

/** Every event updates its item and adds an entry of its own to a timeline. */
function effectOf({ event, op }: Pick<Delivery, 'event' | 'op'>): Effect {
	const common = { eventId: `event ${event}`, sequence: event, op, data: { text: String(event) }, customer: null };
	return op === 'update'
		? { ...common, effectId: `update ${event}`, reaction: 'enrich', collection: 'feedback', key: itemOf(event) }
		: { ...common, effectId: `create ${event}`, reaction: 'journey', collection: 'timeline', key: `event ${event}` };
}

/** Each write that was committed leaves what it wrote in the activity log: a witness that is not the ledger. */
async function open(): Promise<Knex> {
	const database = await openDirectusLike();
	await database.schema.createTable('timeline', (table) => {
		table.string('id').primary();
		table.string('text');
	});
	await database('feedback').insert(ITEMS.map((id) => ({ id: Number(id), text: 'as it was' })));
	return database;
}

/** Returns the verdict, if anybody hears it. */
async function deliver({ crash, forgotten, ...which }: Delivery, database: Knex): Promise<string | null> {
	if (forgotten) await database(LEDGER).where('reaction', 'journey').delete();
	if (crash === 'before the write') return null;

	const onActivity: ActivityFilter = async (activity, meta, context) => {
		await recordEffect(activity, meta, context);
		const { text } = await context.database(activity.collection).where('id', activity.item).first('text');
		await context.database('directus_activity').insert({ ...activity, user: text });
		if (crash === 'before the commit') throw new Error('the process died');
		return activity;
	};
	const verdict = await applyEffect(effectOf(which), {
		accountability,
		database,
		emitter: { emitAction: () => undefined },
		logger: fakeLogger(),
		schema: schemaOf(feedback, timeline),
		services: itemsServiceOn(database, onActivity),
	});
	return crash === 'never' ? verdict.verdict : null;
}

test('duplicates, reorderings and crashes in any interleaving end in the same state', async () => {
	const schedules = fc.tuple(
		fc.array(delivery, { maxLength: 24 }),
		fc.shuffledSubarray(everything, { minLength: everything.length }),
	);
	const ends = fc.asyncProperty(schedules, async ([troubled, sound]) => {
		const database = await open();
		try {
			const heard: (string | null)[] = [];
			for (const each of [...troubled, ...sound]) heard.push(await deliver(each, database));
			expect(heard).not.toContain('retry');
			expect(heard).not.toContain('refused');

			const texts = await database('feedback').orderBy('id').pluck('text');
			expect(texts).toEqual(['6', '7']);
			const entries = await database('timeline').orderBy('id').select('id', 'text');
			expect(entries).toEqual(everything.slice(0, EVENTS).map((_, n) => ({ id: `event ${n}`, text: String(n) })));
			await eachWriteWasTheNewestAndTheOnlyOne(database);
		} finally {
			await database.destroy();
		}
	});

	await fc.assert(ends, { numRuns: RUNS });
}, 60_000);

async function eachWriteWasTheNewestAndTheOnlyOne(database: Knex): Promise<void> {
	const written: { collection: string; item: string; user: string }[] = await database('directus_activity')
		.orderBy('id')
		.select('collection', 'item', 'user');
	for (const [, writes] of Map.groupBy(written, ({ collection: name, item }) => `${name}/${item}`)) {
		const sequences = writes.map(({ user }) => Number(user));
		const ascending = [...new Set(sequences)].toSorted((one, other) => one - other);
		expect(sequences).toEqual(ascending);
	}
	expect(written.filter(({ collection: name }) => name === 'timeline')).toHaveLength(EVENTS);
}
