import { expect, test } from 'vitest';
import { subjectOf } from './subject.js';

const flowId = '0f8ea882-219d-4823-bb80-bc725d280c3a';
const created = { event: 'orders.items.create', collection: 'orders', key: 7, payload: {} };
const updated = { event: 'orders.items.update', collection: 'orders', keys: ['7'], payload: {} };
const button = { path: '/trigger/x', body: { collection: 'orders', keys: ['7'] } };
const webhook = { path: '/trigger/x', body: { collection: 'orders', key: 'of the caller' }, query: {} };
const item = { collection: 'orders', key: '7' };

test.each([
	['the item that was created', {}, created, item],
	['the item that was updated', {}, updated, item],
	['the item that the button was pressed on', {}, button, item],
	['the Flow, when nothing triggered it', {}, null, { collection: 'directus_flows', key: flowId }],
	['the Flow, when a stranger called it', {}, webhook, { collection: 'directus_flows', key: flowId }],
	['what the options name', { collection: 'customers', key: 42 }, created, { collection: 'customers', key: '42' }],
	['another item of the collection', { key: '8' }, created, { collection: 'orders', key: '8' }],
	['blank options say nothing', { collection: ' ', key: '' }, updated, item],
])('an event is about %s', (_what, options, trigger, subject) => {
	expect(subjectOf(options, { flowId, trigger })).toEqual(subject);
});

test('of several items one must be named, so that none is forgotten', () => {
	const several = { ...updated, keys: ['7', '8', '9'] };

	expect(() => subjectOf({}, { flowId, trigger: several })).toThrow('"key" must name the item: the trigger brings 3');
	expect(subjectOf({ key: '8' }, { flowId, trigger: several })).toEqual({ collection: 'orders', key: '8' });
});

test.each([
	[{ collection: 'orders' }, 'only together'],
	[{ key: '7' }, 'only together'],
	[{ collection: 'orders', key: 'x'.repeat(256) }, '"key"'],
	[{ collection: {}, key: '7' }, 'must be a text'],
])('half a subject is refused: %o', (options, message) => {
	expect(() => subjectOf(options, { flowId, trigger: null })).toThrow(message);
});
