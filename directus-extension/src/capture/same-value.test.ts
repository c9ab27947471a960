import { expect, test } from 'vitest';
import { sameValue } from './same-value.js';

test.each([
	['decimal', 4.5, '4.50000'],
	['integer', '42', 42],
	['bigInteger', 42, '42'],
	['boolean', 1, true],
	['time', '10:00', '10:00:00'],
	['json', { a: 1, b: [2] }, { b: [2], a: 1 }],
	['string', null, undefined],
])('%s: %o means the same as %o', (type, left, right) => {
	expect(sameValue(type, left, right)).toBe(true);
});

test.each([
	['decimal', 4.5, '4.51'],
	['integer', 0, null],
	['boolean', 0, true],
	['bigInteger', '9007199254740993', '9007199254740992'],
	['json', [1, 2], [2, 1]],
	['string', '1', '1.0'],
	['string', '', null],
])('%s: %o differs from %o', (type, left, right) => {
	expect(sameValue(type, left, right)).toBe(false);
});
