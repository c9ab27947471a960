import { expect, test } from 'vitest';
import type { Change } from '../lib/change.js';
import { example } from '../testing/examples.js';
import { fillBatch, type OutboxRow } from './batch.js';

const wire = example<{ project: string; changes: Change[] }>('changes');
const roomy = { project: 'directus', batchMax: 100, batchBytesMax: 900_000 };

function rowOf({ eventId, sequence, collection, action, key, ...payload }: Change): OutboxRow {
	return {
		id: String(sequence),
		event_id: eventId,
		collection,
		action,
		item: key,
		payload: JSON.stringify(payload),
		attempts: 0,
	};
}
const rows = wire.changes.map(rowOf);
const bytesOf = (batch: { body: string }): number => Buffer.byteLength(batch.body);

test('the body is what the sidecar expects', () => {
	const batch = fillBatch(rows, roomy);

	expect(JSON.parse(batch.body)).toEqual(wire);
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
	expect(batch).toMatchObject({ rows: wide.slice(0, 2), left: wide.slice(2) });
});

test('a row that is too large by itself goes alone, instead of blocking all behind it', () => {
	const batch = fillBatch(rows, { ...roomy, batchBytesMax: 10 });

	expect(batch).toMatchObject({ rows: rows.slice(0, 1), left: rows.slice(1) });
});
