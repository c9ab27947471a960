import type { Knex } from 'knex';
import { beforeEach, expect, test, vi } from 'vitest';
import { changeRow, recordChange } from '../lib/outbox.js';
import { OUTBOX } from '../lib/tables.js';
import { insertRows } from '../testing/outbox-rows.js';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { SERVICE_ACCOUNT, settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { findGaps, parseGaps, type GapsPage, type GapsRequest } from './find-gaps.js';
import type { TrackedActivity } from './match-activities.js';
import { repairId } from './repair-gap.js';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const HOUR = 3_600_000;
const schema = schemaOf(feedback, collection('drafts', [field('id')]));
const settings = settingsWith({ EVENT_BRIDGE_COLLECTIONS: '*,!drafts' });
const repair = vi.fn(async () => undefined);
const everything: GapsRequest = { since: NOW - 24 * HOUR, after: null, limit: 1000, repair: false };

let database: Knex;
const check = (request: Partial<GapsRequest> = {}): Promise<GapsPage> =>
	findGaps({ ...everything, ...request }, { database, schema, settings, repair }, NOW);

/** Activities 1, 2 … of an update each, a second apart, whose rows came two milliseconds before them. */
async function saves(count: number, overrides: object = {}): Promise<void> {
	const from = NOW - HOUR;
	const save = { action: 'update', collection: 'feedback', item: '42', user: 'ann', ...overrides };
	for (let number = 1; number <= count; number += 1) {
		await database('directus_activity').insert({ ...save, timestamp: from + number * 1000 });
	}
	const { user: _, ...row } = save;
	await insertRows(database, count, row);
	await database(OUTBOX).update({ created_at: database.raw(`${from} + id * 1000 - 2`) });
}

beforeEach(async () => {
	vi.clearAllMocks();
	database = await openDirectusLike();
});

test('where every save has its row there is no gap', async () => {
	await saves(5);

	expect(await check()).toEqual({ checked: 5, gaps: [], next: null });
});

test('the save whose row is missing is the gap, and no other', async () => {
	await saves(5);
	await database(OUTBOX).where('id', 3).delete();

	const { gaps } = await check();

	expect(gaps).toEqual([
		{
			activityId: 3,
			collection: 'feedback',
			key: '42',
			action: 'update',
			at: '2026-11-21T11:00:03.000Z',
			userId: 'ann',
			repaired: false,
		},
	]);
	expect(repair).not.toHaveBeenCalled();
});

test.each([
	['what the sidecar wrote', { user: SERVICE_ACCOUNT }],
	['what is no change of an item', { action: 'version_save' }],
	['a collection that is not watched', { collection: 'drafts' }],
	["a collection of Directus' own", { collection: 'directus_flows', action: 'create' }],
	['a collection that is gone', { collection: 'dropped' }],
])('%s needs no row', async (_what, overrides) => {
	await saves(2, overrides);
	await database(OUTBOX).delete();

	expect(await check()).toEqual({ checked: 0, gaps: [], next: null });
});

test('a save by nobody needs its row, too', async () => {
	await saves(1, { user: null });
	await database(OUTBOX).delete();

	expect((await check()).gaps).toMatchObject([{ userId: null }]);
});

test('a change that was disregarded has its row', async () => {
	await saves(1);
	await database(OUTBOX).update({ state: 'ignored', payload: '{}' });

	expect((await check()).gaps).toEqual([]);
});

test('an event of a Flow about the item is no row of its change', async () => {
	await saves(1);
	await database(OUTBOX).update({ kind: 'event' });

	expect((await check()).gaps).toHaveLength(1);
});

test.each(['best_effort', 'backfill'] as const)('a %s row does not stand in for the missing one', async (capture) => {
	await saves(1);
	await database(OUTBOX).delete();
	const payload = { occurredAt: '', userId: null, item: {}, previous: null, changed: [], traceparent: null, capture };
	await recordChange({ collection: 'feedback', action: 'update', key: '42', payload }, { database });
	await database(OUTBOX).update({ created_at: NOW - HOUR + 998 });

	expect((await check()).gaps).toHaveLength(1);
});

test('what an item holds does not make its row look like another', async () => {
	await saves(1);
	const item = { text: '"capture":"backfill"}', capture: 'backfill' };
	const payload = { occurredAt: '', userId: null, item, previous: null, changed: [], traceparent: null };
	const row = changeRow({
		collection: 'feedback',
		action: 'update',
		key: '42',
		payload: { capture: 'transactional', ...payload },
	});
	await database(OUTBOX).update({ payload: row.payload });

	expect((await check()).gaps).toEqual([]);
});

test('pages meet every save once, and none takes the row of another page', async () => {
	await saves(7);
	await database(OUTBOX).whereIn('id', [3, 4]).delete();

	const gaps = [];
	const checked = [];
	let after: number | null = null;
	do {
		const page: GapsPage = await check({ after, limit: 3 });
		checked.push(page.checked);
		gaps.push(...page.gaps);
		after = page.next;
	} while (after !== null);

	expect(checked).toEqual([3, 3, 1]);
	expect(gaps.map(({ activityId }) => activityId)).toEqual([3, 4]);
});

test('the check begins where it is told to', async () => {
	await saves(5);
	await database(OUTBOX).delete();

	const { gaps } = await check({ since: NOW - HOUR + 4000 });

	expect(gaps.map(({ activityId }) => activityId)).toEqual([4, 5]);
});

test('each gap is repaired when asked to', async () => {
	await saves(3);
	await database(OUTBOX).where('id', '>', 1).delete();

	const { gaps } = await check({ repair: true });

	expect(gaps.map(({ repaired }) => repaired)).toEqual([true, true]);
	expect(repair.mock.calls).toEqual([[expect.objectContaining({ id: 2 })], [expect.objectContaining({ id: 3 })]]);
});

test('a gap that was repaired is none any more', async () => {
	await saves(3);
	await database(OUTBOX).where('id', 2).delete();
	const { gaps } = await check();
	const { at, ...gap } = gaps[0] ?? { at: '' };
	const activity = { ...gap, id: 2, at: Date.parse(at) } as TrackedActivity;
	await insertRows(database, 1, { id: 9, activity_id: 2, event_id: repairId(activity, 'directus') });

	expect(await check()).toMatchObject({ checked: 3, gaps: [] });
});

test('what is older than the delivery log is refused with the reason, not passed', async () => {
	await expect(check({ since: NOW - 25 * HOUR })).rejects.toThrow(
		expect.objectContaining({
			status: 400,
			message: expect.stringMatching(/since must be 2026-11-20T12:00:00.000Z or later: .*EVENT_BRIDGE_RETENTION/),
		}),
	);
});

test('a check of the whole log may take some time', async () => {
	await expect(check({ since: NOW - 24 * HOUR - HOUR / 2 })).resolves.toMatchObject({ checked: 0 });
});

test('a request says since when, and how much at once', () => {
	expect(parseGaps({ since: '2026-11-21T10:30:00Z' })).toEqual({
		since: Date.parse('2026-11-21T10:30:00Z'),
		after: null,
		limit: 1000,
		repair: false,
	});
	expect(parseGaps({ since: '2026-11-21T11:30:00+01:00', after: 7, limit: 5, repair: true })).toEqual({
		since: Date.parse('2026-11-21T10:30:00Z'),
		after: 7,
		limit: 5,
		repair: true,
	});
});

test.each([
	['no time', {}, 'since'],
	['a time without a zone', { since: '2026-11-21T10:30:00' }, 'since'],
	['a time that does not exist', { since: '2026-13-21T10:30:00Z' }, 'since'],
	['a place that is no number', { since: '2026-11-21T10:30:00Z', after: '7' }, 'after'],
	['more than one request may hold', { since: '2026-11-21T10:30:00Z', limit: 1001 }, 'limit'],
	['a maybe', { since: '2026-11-21T10:30:00Z', repair: 'maybe' }, 'repair'],
])('%s is refused, with the path', (_what, body, path) => {
	expect(() => parseGaps(body)).toThrow(
		expect.objectContaining({ code: 'INVALID_PAYLOAD', message: expect.stringContaining(`${path} must`) }),
	);
});
