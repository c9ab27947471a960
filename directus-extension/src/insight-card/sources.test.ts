import { expect, test } from 'vitest';
import { fieldsToAnalyse, fieldsToRead, isSaved, timelineQuery } from './sources.js';

test('only fields that are there are asked for', () => {
	expect(fieldsToRead(['id', 'text', 'sentiment', 'customer'])).toEqual(['sentiment', 'customer']);
});

test('what was configured is analysed, else what usually holds text', () => {
	const existing = ['id', 'subject', 'body', 'status', 'note'];

	expect(fieldsToAnalyse({ text: null }, existing)).toEqual(['subject', 'body']);
	expect(fieldsToAnalyse({ text: [] }, existing)).toEqual(['subject', 'body']);
	expect(fieldsToAnalyse({ text: ['note', 'gone'] }, existing)).toEqual(['note']);
});

test('the timeline is asked for one customer, newest first, in bounds', () => {
	expect(timelineQuery({ text: null, timeline: null, events: null }, '7')).toMatchObject({
		path: '/items/customer_events',
		params: { filter: { customer: { _eq: '7' } }, sort: '-occurred_at', limit: 5 },
	});
	expect(timelineQuery({ text: null, timeline: 'journey', events: 500 }, '7')).toMatchObject({
		path: '/items/journey',
		params: { limit: 20 },
	});
});

test('a new item has no key yet', () => {
	expect([null, undefined, '', '+'].some(isSaved)).toBe(false);
	expect([0, 1, 'a'].every(isSaved)).toBe(true);
});
