import { expect, test } from 'vitest';
import { example } from '../testing/examples.js';
import { parseSecrets } from './setting-parsers.js';
import { sign } from './signature.js';

interface Signed {
	secret: string;
	id: string;
	timestamp: number;
	body: string;
	signature: string;
}
const examples = example<Signed[]>('signatures');

test.each(examples)('$id is signed as Standard Webhooks asks', ({ secret, id, timestamp, body, signature }) => {
	expect(sign(parseSecrets(secret), id, timestamp, body)).toBe(signature);
});

test('every active secret signs, so that the receiver may hold the old or the new one', () => {
	const [{ id, timestamp, body, signature }, other] = examples as [Signed, Signed, Signed];
	const keys = parseSecrets(`${examples[0]?.secret},${examples[2]?.secret}`);

	const signatures = sign(keys, id, timestamp, body).split(' ');

	expect(signatures).toHaveLength(2);
	expect(signatures[0]).toBe(signature);
	expect(signatures).not.toContain(other.signature);
});
