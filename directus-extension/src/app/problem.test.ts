import { expect, test } from 'vitest';
import { isForbidden, problemOf } from './problem.js';

test("Directus' own words come first", () => {
	const error = Object.assign(new Error('Request failed with status code 503'), {
		response: { status: 503, data: { errors: [{ message: 'Service "sidecar" is unavailable.' }] } },
	});

	expect(problemOf(error)).toBe('Service "sidecar" is unavailable.');
	expect(isForbidden(error)).toBe(false);
});

test('without them the error speaks for itself', () => {
	expect(problemOf(new Error('Network Error'))).toBe('Network Error');
	expect(problemOf('gone')).toBe('gone');
});

test('a refusal is known by its status', () => {
	expect(isForbidden({ response: { status: 403 } })).toBe(true);
	expect(isForbidden(null)).toBe(false);
});
