import { expect, test } from 'vitest';
import { parseCollections } from './watched-collections.js';

test.each([
	['*', 'feedback', true],
	['*,!drafts', 'feedback', true],
	['*,!drafts', 'drafts', false],
	['!drafts', 'feedback', true],
	['!drafts', 'drafts', false],
	['feedback, tickets', 'tickets', true],
	['feedback, tickets', 'orders', false],
	['*', 'directus_users', false],
	['*', 'event_bridge_outbox', false],
])('"%s" on %s: %s', (text, collection, watched) => {
	expect(parseCollections(text).watches(collection)).toBe(watched);
});

test('naming a collection that is never announced is a mistake, and said so', () => {
	expect(() => parseCollections('feedback,directus_users')).toThrow('directus_users');
});
