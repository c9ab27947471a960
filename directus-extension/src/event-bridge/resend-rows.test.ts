import { expect, test } from 'vitest';
import { OUTBOX } from '../lib/tables.js';
import { insertRows } from '../testing/outbox-rows.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { parseResend, resendRows } from './resend-rows.js';

const everything = { collection: null, code: null, after: 0 };
const rejected = (code: string): object => ({
	state: 'rejected',
	error: JSON.stringify({ code }),
	attempts: 4,
	settled_at: 1,
});

test('a row that is sent again is pending, due at once, and keeps its reason until the next verdict', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 1, { ...rejected('contract'), available_at: Number.MAX_SAFE_INTEGER });

	expect(await resendRows({ ids: [1] }, database)).toEqual({ resent: 1, next: null });

	const row = await database(OUTBOX).first();
	expect(row).toMatchObject({ state: 'pending', attempts: 0, settled_at: null, error: '{"code":"contract"}' });
	expect(row.available_at).toBeLessThanOrEqual(Date.now());
});

test('what is not rejected stays as it is', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 2, { state: 'published', settled_at: 1 });

	expect(await resendRows({ ids: [1, 2, 99] }, database)).toMatchObject({ resent: 0 });
	expect(await resendRows(everything, database)).toMatchObject({ resent: 0 });

	expect(await database(OUTBOX).pluck('state')).toEqual(['published', 'published']);
});

test('all means all of the collection and of the reason that are named', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 4, rejected('contract'));
	await database(OUTBOX).where('id', 2).update({ collection: 'tickets' });
	await database(OUTBOX)
		.where('id', 3)
		.update({ error: JSON.stringify({ code: 'mapping', detail: '{"code":"contract"}' }) });
	await database(OUTBOX).where('id', 4).update({ error: null });

	expect(await resendRows({ ...everything, collection: 'feedback', code: 'contract' }, database)).toMatchObject({
		resent: 1,
	});

	expect(await database(OUTBOX).where('state', 'pending').pluck('id')).toEqual([1]);
});

test('one request looks at a bounded number of rows and says where the next one begins', async () => {
	const database = await openDirectusLike();
	const row = { kind: 'change', collection: 'feedback', item: '1', action: 'create', payload: '{}' };
	const rows = Array.from({ length: 10_001 }, (_, index) => ({
		...row,
		...rejected('contract'),
		event_id: `event-${index + 1}`,
		available_at: 0,
		created_at: 0,
	}));
	await database.batchInsert(OUTBOX, rows, 500);

	const first = await resendRows(everything, database);
	const second = await resendRows({ ...everything, after: first.next ?? 0 }, database);

	expect(first).toEqual({ resent: 10_000, next: 10_000 });
	expect(second).toEqual({ resent: 1, next: null });
});

test('a request names rows, or says that it means all', () => {
	expect(parseResend({ ids: [1, 2] })).toEqual({ ids: [1, 2] });
	expect(parseResend({ all: true })).toEqual(everything);
	expect(parseResend({ all: true, collection: 'feedback', code: 'contract', after: 7 })).toEqual({
		collection: 'feedback',
		code: 'contract',
		after: 7,
	});
});

test.each([
	['nothing', {}, 'ids'],
	['a list as body', [1], 'the body'],
	['no ids', { ids: [] }, 'ids'],
	['an id as text', { ids: [1, '2'] }, 'ids[1]'],
	['more ids than one request may hold', { ids: Array.from({ length: 1001 }, (_, index) => index + 1) }, 'ids'],
	['a collection that is no text', { all: true, collection: 7 }, 'collection'],
	['a place that is no number', { all: true, after: 'x' }, 'after'],
])('%s is refused, with the path', (_what, body, path) => {
	expect(() => parseResend(body)).toThrow(
		expect.objectContaining({ status: 400, code: 'INVALID_PAYLOAD', message: expect.stringContaining(path) }),
	);
});
