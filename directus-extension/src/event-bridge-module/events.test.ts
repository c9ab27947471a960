import { expect, test } from 'vitest';
import { nameOf, subjectOf } from './events.js';

test('an item needs both its names, a customer one', () => {
	const form = { collection: 'feedback', key: '', customer: '7' };

	expect(subjectOf('item', form)).toBeNull();
	expect(subjectOf('item', { ...form, key: '1' })).toEqual({ collection: 'feedback', key: '1' });
	expect(subjectOf('customer', form)).toEqual({ customer: '7' });
	expect(subjectOf('customer', { ...form, customer: '' })).toBeNull();
});

test('an event is called what the bus calls it, or what happened', () => {
	expect(nameOf({ eventType: 'feedback.submitted', action: 'create' })).toBe('feedback.submitted');
	expect(nameOf({ eventType: null, action: 'create' })).toBe('item created');
	expect(nameOf({ eventType: null, action: null })).toBe('effect of an event that is kept no longer');
});
