import { expect, test } from 'vitest';
import { openSqlite } from '../testing/sqlite.js';
import { withoutValues } from './without-values.js';

test("a statement's values are dropped, the database's message and code are kept", async () => {
	const failed: unknown = await openSqlite()('nowhere')
		.insert({ text: 'secret - value' })
		.catch((error: unknown) => error);
	expect(String(failed)).toContain('secret');

	const safe = withoutValues(failed);

	expect(safe).toMatchObject({ message: 'no such table: nowhere', code: expect.any(String) });
	expect(JSON.stringify(Object.entries(safe))).not.toContain('secret');
});

test('an error of our own stays as it is', () => {
	const error = new Error('the answer - such as it is - has no verdicts');

	expect(withoutValues(error)).toBe(error);
});

test('what is not even an error becomes one', () => {
	expect(withoutValues('oops')).toMatchObject({ message: 'oops' });
});
