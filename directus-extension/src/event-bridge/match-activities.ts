import type { Action } from '../lib/change.js';

/** An activity that must have left a row in the outbox. */
export interface TrackedActivity {
	id: number;
	collection: string;
	key: string;
	action: Action;
	/** Epoch milliseconds. */
	at: number;
	userId: string | null;
}

/** What is known of a row of the outbox. */
export interface RecordedRow {
	collection: string;
	key: string;
	action: Action;
	/** Epoch milliseconds. */
	at: number;
}

/** From the row to its activity, which follows it in the same transaction: milliseconds, unless the process hangs. */
export const ROW_BEFORE_MAX_MS = 10_000;

/**
 * The activities that have no row. Neither names the other, because a row is written before its activity has an id. But
 * the two are neighbours in time, row first, and the writes of one item wait for each other: so each activity has the
 * last row before it that no activity in between has.
 */
export function activitiesWithoutRow(
	activities: readonly TrackedActivity[],
	rows: readonly RecordedRow[],
): TrackedActivity[] {
	const rowsByWrite = Map.groupBy(rows, writeOf);
	return [...Map.groupBy(activities, writeOf)]
		.flatMap(([write, ofWrite]) => withoutRow(ofWrite, rowsByWrite.get(write) ?? []))
		.toSorted((one, other) => one.id - other.id);
}

/** Writes of one kind to one item. */
function writeOf({ collection, key, action }: { collection: string; key: string; action: Action }): string {
	return JSON.stringify([collection, key, action]);
}

function withoutRow(activities: TrackedActivity[], rows: RecordedRow[]): TrackedActivity[] {
	const inOrder = activities.toSorted((one, other) => one.at - other.at || one.id - other.id);
	const free = rows.map(({ at }) => at).toSorted((one, other) => one - other);
	return inOrder.filter(({ at }) => {
		const index = free.findLastIndex((row) => row <= at && row >= at - ROW_BEFORE_MAX_MS);
		return index < 0 || free.splice(index, 1).length === 0;
	});
}
