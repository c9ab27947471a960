import { expect, test } from 'vitest';
import type { Effect } from '../lib/effect.js';
import { collection, field, schemaOf } from '../testing/schema.js';
import { refuseEffect } from './refuse-effect.js';

const UUID = '0199a1b2-0000-7000-8000-000000000001';
const counted = collection('counted', [field('id', { type: 'integer', defaultValue: 'AUTO_INCREMENT' })]);
const uuids = collection('uuids', [field('id', { type: 'uuid' })]);
const texts = collection('texts', [field('id')]);
const plumbing = collection('event_bridge_outbox', [field('id')]);
const schema = schemaOf(counted, uuids, texts, plumbing);
const effect = (overrides: Partial<Effect>): Effect => ({ op: 'create', key: UUID, ...overrides }) as Effect;

test.each([
	['a collection that is not there', 'orders', UUID, 'UNKNOWN_COLLECTION'],
	["a table of Directus' own", 'directus_users', UUID, 'UNKNOWN_COLLECTION'],
	['a table of ours', 'event_bridge_outbox', UUID, 'UNKNOWN_COLLECTION'],
	['a collection that numbers its items itself', 'counted', '43', 'INVALID_KEY'],
	['a key that does not fit', 'uuids', '43', 'INVALID_KEY'],
])('nothing is created in %s', (_what, name, key, code) => {
	expect(refuseEffect(effect({ collection: name, key }), schema)).toMatchObject({ code });
});

test.each(['uuids', 'texts'])('an item of %s is created under our key', (name) => {
	expect(refuseEffect(effect({ collection: name }), schema)).toBeNull();
});

test('an item that was numbered by the database is updated by its number', () => {
	expect(refuseEffect(effect({ op: 'update', collection: 'counted', key: '43' }), schema)).toBeNull();
});
