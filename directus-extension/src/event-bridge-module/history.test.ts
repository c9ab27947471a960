import { expect, test } from 'vitest';
import { remember, sparkline } from './history.js';

test('the oldest values are forgotten', () => {
	const values = Array.from({ length: 100 }, (_, index) => index).reduce<number[]>(remember, []);

	expect(values).toHaveLength(60);
	expect(values.at(-1)).toBe(99);
});

test('the newest value is at the right, the greatest at the top', () => {
	expect(sparkline([0, 10], 59, 20)).toBe('58.0,20.0 59.0,0.0');
});

test('one value makes no line, and nothing but zeros lies at the bottom', () => {
	expect(sparkline([7], 59, 20)).toBe('');
	expect(sparkline([0, 0], 59, 20)).toBe('58.0,20.0 59.0,20.0');
});
