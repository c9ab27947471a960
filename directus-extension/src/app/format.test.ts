import { expect, test } from 'vitest';
import { ago, duration, fit, language, number, score, traceId, words } from './format.js';

test.each([
	[41.4, '41 ms'],
	[3_999, '3 s'],
	[60_000, '1 min'],
	[7_199_999, '1 h'],
	[200_000_000, '2 d'],
])('%i ms are %s', (ms, text) => {
	expect(duration(ms)).toBe(text);
});

test('a clock that is a little fast makes nothing happen in the future', () => {
	const now = Date.parse('2026-11-21T10:30:00Z');

	expect(ago('2026-11-21T10:30:02Z', now)).toBe('just now');
	expect(ago('2026-11-21T10:28:00Z', now)).toBe('2 min ago');
});

test('numbers are whole as long as somebody counts', () => {
	expect([0, 1234, 99_999, 1_250_000].map(number)).toEqual(['0', '1,234', '99,999', '1.3M']);
});

test('a score has its sign', () => {
	expect([0.844, -0.8439, 0, -0.001].map(score)).toEqual(['+0.84', '-0.84', '0', '0']);
});

test('what nobody can name stays as it is', () => {
	expect(language('de')).toBe('German');
	expect(language('not a code')).toBe('not a code');
	expect(words('speaks_of_money')).toBe('Speaks of money');
});

test('a text ends where its box does', () => {
	expect(fit('feedback', 100, 7)).toBe('feedback');
	expect(fit('a-very-long-route', 49, 7)).toBe('a-very…');
});

test('the trace is named within its parent', () => {
	expect(traceId('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01')).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
	expect(traceId(null)).toBeNull();
});
