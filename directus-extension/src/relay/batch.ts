import type { NewOutboxRow } from '../lib/outbox.js';

/** A leased outbox row. PostgreSQL returns a bigint as text. */
export interface OutboxRow extends Pick<
	NewOutboxRow,
	'event_id' | 'kind' | 'collection' | 'item' | 'action' | 'payload'
> {
	id: number | string;
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
		const change = wireJson(row);
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

/** The row's columns in front of the members of its payload, whose JSON is taken as it is stored: nobody parses it. */
function wireJson(row: OutboxRow): string {
	const columns = JSON.stringify({
		kind: row.kind,
		eventId: row.event_id,
		sequence: Number(row.id),
		collection: row.collection,
		// An event was not done to its subject, it only speaks of it.
		...(row.kind === 'change' && { action: row.action }),
		key: row.item,
	});
	return `${columns.slice(0, -1)},${row.payload.slice(1)}`;
}
