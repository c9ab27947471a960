import { expect, test } from 'vitest';
import type { DeadLetter, DeadLetters } from '../lib/studio.js';
import { intentFor, outcomeOf, shelvesOf, stillThere, toggled } from './letters.js';

const letter = (id: string, group: string): DeadLetter => ({
	id,
	group,
	route: 'feedback',
	reason: 'contract',
	detail: '9 is greater than the maximum of 5',
	attempts: 1,
	eventType: 'feedback.submitted',
	eventId: id,
	deadSince: null,
	traceparent: null,
});
const group = (name: string, letters: number): DeadLetters['groups'][number] => ({
	group: name,
	route: 'feedback',
	reason: 'contract',
	eventType: null,
	detail: '',
	letters,
	oldest: null,
});
const dead: DeadLetters = {
	groups: [group('small', 1), group('large', 2)],
	letters: [letter('a', 'small'), letter('b', 'large'), letter('c', 'large')],
	more: false,
};

test('what most died of comes first', () => {
	const shelves = shelvesOf(dead);

	expect(shelves.map(({ group: name, list }) => [name, list.map(({ id }) => id)])).toEqual([
		['large', ['b', 'c']],
		['small', ['a']],
	]);
});

test('letters are selected and let go, and those that are gone are forgotten', () => {
	const selected = toggled(toggled(new Set(), ['a', 'b', 'gone'], true), ['a'], false);

	expect([...selected]).toEqual(['b', 'gone']);
	expect([...stillThere(selected, dead)]).toEqual(['b']);
});

test('one, some and all are asked for as such', () => {
	expect(intentFor('redrive', new Set(['a']))).toEqual({ what: 'redrive', wanted: { ids: ['a'] }, count: 1 });
	expect(intentFor('discard', dead)).toEqual({ what: 'discard', wanted: { all: true }, count: 3 });
	const [large] = shelvesOf(dead);
	if (large === undefined) throw new Error('there is a shelf');
	expect(intentFor('redrive', large)).toEqual({ what: 'redrive', wanted: { filter: { group: 'large' } }, count: 2 });
});

test('what stayed is told, too', () => {
	expect(outcomeOf('redrive', { done: 3, dryRun: false, failed: [], left: 0 })).toBe(
		'3 letters sent back to the queues',
	);
	expect(outcomeOf('discard', { done: 1, dryRun: false, failed: [{ id: 'a', error: 'throttled' }], left: 7 })).toBe(
		'1 letter discarded. 1 letter stayed: throttled. 7 more than one request takes: ask again',
	);
});
