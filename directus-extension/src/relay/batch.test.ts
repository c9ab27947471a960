import { expect, test } from 'vitest';
import type { Change, PublishedEvent, Row } from '../lib/change.js';
import { example } from '../testing/examples.js';
import { fillBatch, type OutboxRow } from './batch.js';

/** In the examples a change says no kind, as changes did before there were events. */
type ExampleRow = Omit<Change, 'kind'> | PublishedEvent;

const wire = example<{ project: string; changes: ExampleRow[] }>('changes');
const explicit = wire.changes.map((row): Row => Object.assign({ kind: 'change' as const }, row));
const roomy = { project: 'directus', batchMax: 100, batchBytesMax: 900_000 };

function rowOf(row: Row): OutboxRow {
	const { kind, eventId, sequence, collection, key, ...rest } = row;
	const { action, ...payload } = 'action' in rest ? rest : { action: 'publish' as const, ...rest };
	return {
		id: String(sequence),
		event_id: eventId,
		kind,
		collection,
		action,
		item: key,
		payload: JSON.stringify(payload),
		attempts: 0,
	};
}
const rows = explicit.map(rowOf);
const bytesOf = (batch: { body: string }): number => Buffer.byteLength(batch.body);

test('the body is what the sidecar expects', () => {
	const batch = fillBatch(rows, roomy);

	expect(JSON.parse(batch.body)).toEqual({ project: wire.project, changes: explicit });
	expect(batch).toMatchObject({ rows, left: [] });
});

test('a batch stops at its number of rows', () => {
	const batch = fillBatch(rows, { ...roomy, batchMax: 2 });

	expect(batch).toMatchObject({ rows: rows.slice(0, 2), left: rows.slice(2) });
});

test('a batch stops before its number of bytes, counted as UTF-8', () => {
	const wide = rows.map((row) => ({ ...row, payload: row.payload.replace('feedback', 'émoji 💥') }));
	const batchBytesMax = bytesOf(fillBatch(wide, roomy)) - 1;

	const batch = fillBatch(wide, { ...roomy, batchBytesMax });

	expect(bytesOf(batch)).toBeLessThanOrEqual(batchBytesMax);
	expect(batch).toMatchObject({ rows: wide.slice(0, -1), left: wide.slice(-1) });
});

test('a row that is too large by itself goes alone, instead of blocking all behind it', () => {
	const batch = fillBatch(rows, { ...roomy, batchBytesMax: 10 });

	expect(batch).toMatchObject({ rows: rows.slice(0, 1), left: rows.slice(1) });
});
