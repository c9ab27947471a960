import { expect, test } from 'vitest';
import { canBeKey } from './key.js';

test.each([
	['integer', '42', true],
	['integer', '-42', true],
	['integer', '2147483648', false],
	['integer', '', false],
	['integer', '1e3', false],
	['bigInteger', '900719925474099267', true],
	['bigInteger', '9007199254740992671', false],
	['uuid', '5e1f1ca7-0000-4000-8000-000000000001', true],
	['uuid', '42', false],
	['string', 'anything at all', true],
])('a column of type %s and the key "%s": %s', (type, key, can) => {
	expect(canBeKey(type, key)).toBe(can);
});
