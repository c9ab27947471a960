import { expect, test } from 'vitest';
import { activitiesWithoutRow, ROW_BEFORE_MAX_MS, type RecordedRow, type TrackedActivity } from './match-activities.js';

const write = { collection: 'feedback', key: '42', action: 'update' as const };
const activity = (id: number, at: number, overrides: Partial<TrackedActivity> = {}): TrackedActivity => ({
	...write,
	id,
	at,
	userId: null,
	...overrides,
});
const row = (at: number, overrides: Partial<RecordedRow> = {}): RecordedRow => ({
	...write,
	at,
	...overrides,
});
const missing = (activities: TrackedActivity[], rows: RecordedRow[]): number[] =>
	activitiesWithoutRow(activities, rows).map(({ id }) => id);

test('an activity right after its row is complete', () => {
	expect(missing([activity(1, 1003)], [row(1000)])).toEqual([]);
	expect(missing([activity(1, 1000)], [row(1000)])).toEqual([]);
});

test.each([
	['first', [1], [row(2000), row(3000)]],
	['second', [2], [row(1000), row(3000)]],
	['last', [3], [row(1000), row(2000)]],
	['first and last', [1, 3], [row(2000)]],
	['every one', [1, 2, 3], []],
])('of three updates of one item the %s is missed', (_which, expected, rows) => {
	const activities = [activity(1, 1003), activity(2, 2003), activity(3, 3003)];

	expect(missing(activities, rows)).toEqual(expected);
});

test('updates of one item within one millisecond are told apart by their number', () => {
	const activities = [activity(1, 1000), activity(2, 1000), activity(3, 1000)];

	expect(missing(activities, [row(1000), row(1000), row(1000)])).toEqual([]);
	expect(missing(activities, [row(1000), row(1000)])).toHaveLength(1);
});

test('nothing stands in for another item, another action or another collection', () => {
	const rows = [row(1000, { key: '43' }), row(1000, { action: 'delete' }), row(1000, { collection: 'tickets' })];

	expect(missing([activity(1, 1003)], rows)).toEqual([1]);
});

test('a row of long ago does not stand in for a new change', () => {
	expect(missing([activity(1, 1000 + ROW_BEFORE_MAX_MS)], [row(1000)])).toEqual([]);
	expect(missing([activity(1, 1001 + ROW_BEFORE_MAX_MS)], [row(1000)])).toEqual([1]);
});

test('an activity has the row right before it, not the first that comes to hand', () => {
	expect(missing([activity(1, 9003), activity(2, 10_500)], [row(0), row(9000)])).toEqual([2]);
});

test('a later row belongs to a later activity', () => {
	expect(missing([activity(1, 1000), activity(2, 1503)], [row(1500)])).toEqual([1]);
});
