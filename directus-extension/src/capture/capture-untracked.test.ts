import type { Accountability } from '@directus/types';
import { expect, test } from 'vitest';
import type { ChangePayload } from '../lib/change.js';
import { OUTBOX } from '../lib/tables.js';
import { itemsServiceOn } from '../testing/items-service.js';
import { feedback, field, schemaOf } from '../testing/schema.js';
import { SERVICE_ACCOUNT, settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { CapturePlans } from './capture-plan.js';
import { captureUntracked, untrackedChange, type ItemsEvent } from './capture-untracked.js';

const settings = settingsWith();
const plans = new CapturePlans(settings);
const tracked = schemaOf(feedback);
const untracked = schemaOf({ ...feedback, accountability: null });
const event: ItemsEvent = { collection: 'feedback', keys: [1, 2], payload: { rating: 1, comments: [3] } };
const by = (user: string): Accountability => ({ user, role: null, roles: [], admin: false, app: false, ip: null });

test('a write that leaves an activity is left to the activity', () => {
	expect(untrackedChange('update', event, { accountability: by('ann'), schema: tracked }, plans, settings)).toBeNull();
});

test.each([
	['without accountability', { accountability: null, schema: tracked }],
	['to a collection whose accountability is off', { accountability: by('ann'), schema: untracked }],
])('a write %s is recorded, every key of it', (_how, context) => {
	const change = untrackedChange('update', event, context, plans, settings);

	expect(change).toMatchObject({ keys: ['1', '2'], written: ['rating'] });
});

test('what the sidecar wrote back is not announced', () => {
	expect(
		untrackedChange('update', event, { accountability: by(SERVICE_ACCOUNT), schema: untracked }, plans, settings),
	).toBeNull();
});

test('a column that Directus sets with every update counts as written', () => {
	const stamped = { ...feedback, fields: { ...feedback.fields, seen: field('seen', { special: ['date-updated'] }) } };

	const change = untrackedChange('update', event, { accountability: null, schema: schemaOf(stamped) }, plans, settings);

	expect(change?.written).toEqual(['rating', 'seen']);
});

test('each item that is there is recorded as best effort; one that is gone meanwhile is not', async () => {
	const database = await openDirectusLike();
	await database('feedback').insert({ id: 2, text: 'still here' });
	const change = untrackedChange('update', event, { accountability: null, schema: untracked }, plans, settings);
	if (change === null) throw new Error('expected a change');

	await captureUntracked(change, { services: itemsServiceOn(database), database, schema: untracked });

	const [row, ...others] = await database(OUTBOX).select('item', 'payload');
	expect(others).toEqual([]);
	expect(row.item).toBe('2');
	expect(JSON.parse(row.payload) as ChangePayload).toMatchObject({
		userId: null,
		item: { text: 'still here' },
		previous: null,
		changed: ['rating'],
		capture: 'best_effort',
	});
});

test('a delete is recorded without a past', async () => {
	const database = await openDirectusLike();
	const change = untrackedChange(
		'delete',
		{ ...event, payload: [1, 2] },
		{ accountability: null, schema: untracked },
		plans,
		settings,
	);
	if (change === null) throw new Error('expected a change');

	await captureUntracked(change, { services: itemsServiceOn(database), database, schema: untracked });

	expect(await database(OUTBOX).select('item', 'action')).toEqual([
		{ item: '1', action: 'delete' },
		{ item: '2', action: 'delete' },
	]);
});
