import type { Change, ChangePayload } from '../lib/change.js';

/** A leased outbox row. PostgreSQL returns a bigint as text. */
export interface OutboxRow {
	id: number | string;
	event_id: string;
	collection: string;
	item: string;
	action: Change['action'];
	payload: string;
	attempts: number;
}

export interface Batch {
	body: string;
	rows: OutboxRow[];
	/** Leased rows that did not fit. */
	left: OutboxRow[];
}

/** Fills one request with as many rows as fit, in order. A row that is too large by itself goes alone. */
export function fillBatch(
	rows: readonly OutboxRow[],
	{ project, batchMax, batchBytesMax }: { project: string; batchMax: number; batchBytesMax: number },
): Batch {
	const opening = `{"project":${JSON.stringify(project)},"changes":[`;
	const closing = ']}';
	const changes: string[] = [];
	let bytes = Buffer.byteLength(opening) + closing.length;
	for (const row of rows.slice(0, batchMax)) {
		const change = JSON.stringify(changeOf(row));
		bytes += Buffer.byteLength(change) + 1;
		if (bytes > batchBytesMax && changes.length > 0) break;
		changes.push(change);
	}
	return {
		body: opening + changes.join(',') + closing,
		rows: rows.slice(0, changes.length),
		left: rows.slice(changes.length),
	};
}

function changeOf(row: OutboxRow): Change {
	const { occurredAt, userId, item, previous, changed, traceparent, capture }: ChangePayload = JSON.parse(row.payload);
	return {
		eventId: row.event_id,
		sequence: Number(row.id),
		collection: row.collection,
		action: row.action,
		key: row.item,
		occurredAt,
		userId,
		item,
		previous,
		changed,
		traceparent,
		capture,
	};
}
