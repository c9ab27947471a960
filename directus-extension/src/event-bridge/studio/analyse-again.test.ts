import type { Knex } from 'knex';
import { beforeEach, expect, test } from 'vitest';
import { CapturePlans } from '../../capture/capture-plan.js';
import type { ChangePayload } from '../../lib/change.js';
import { OUTBOX } from '../../lib/tables.js';
import { itemsServiceOn } from '../../testing/items-service.js';
import { feedback, schemaOf } from '../../testing/schema.js';
import { settingsWith } from '../../testing/settings.js';
import { openDirectusLike } from '../../testing/sqlite.js';
import { analyseAgain, parseAnalyse } from './analyse-again.js';

let database: Knex;

beforeEach(async () => {
	database = await openDirectusLike();
	await database('feedback').insert({ id: 1, text: 'It broke.', rating: 2 });
});

function again(key: string, fields: string[], watched = '*'): Promise<string> {
	const plans = new CapturePlans(settingsWith({ EVENT_BRIDGE_FIELDS: watched }));
	const services = itemsServiceOn(database);
	const context = { database, plans, schema: schemaOf(feedback), services, userId: 'ann' };
	return analyseAgain({ collection: 'feedback', key }, fields, context);
}

test('the item is told as it is, as if its text had been edited, by whoever asked', async () => {
	const eventId = await again('1', ['text', 'nothing']);

	const row = await database(OUTBOX).first();
	expect(row).toMatchObject({
		event_id: eventId,
		collection: 'feedback',
		item: '1',
		action: 'update',
		state: 'pending',
	});
	expect(JSON.parse(row.payload) as ChangePayload).toMatchObject({
		userId: 'ann',
		item: { text: 'It broke.', rating: 2 },
		previous: { text: 'It broke.', rating: 2 },
		changed: ['text'],
		capture: 'requested',
	});
});

test('what is not watched is not told, and cannot be analysed', async () => {
	await again('1', ['text'], 'feedback: text');

	const { payload } = await database(OUTBOX).first();
	expect(JSON.parse(payload).item).toEqual({ id: 1, text: 'It broke.' });
	await expect(again('1', ['rating'], 'feedback: text')).rejects.toMatchObject({ code: 'INVALID_PAYLOAD' });
});

test('an item that went meanwhile leaves no row', async () => {
	await expect(again('2', ['text'])).rejects.toMatchObject({ code: 'FORBIDDEN' });

	expect(await database(OUTBOX).count({ count: '*' })).toEqual([{ count: 0 }]);
});

test.each([[{}], [{ fields: [] }], [{ fields: 'text' }], [{ fields: Array.from({ length: 21 }, String) }]])(
	'%o is refused',
	(body) => {
		expect(() => parseAnalyse(body)).toThrow(expect.objectContaining({ code: 'INVALID_PAYLOAD' }));
	},
);
