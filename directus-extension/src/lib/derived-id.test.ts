import { expect, test } from 'vitest';
import { derivedId } from './derived-id.js';

test('the same parts give the same id, for ever', () => {
	expect(derivedId('backfill', 'directus', 'run', 'feedback', '42')).toBe(
		derivedId('backfill', 'directus', 'run', 'feedback', '42'),
	);
	expect(derivedId('a', 1)).toBe('6333a04e-f424-5490-a40b-363dc69626d9');
});

test('parts do not run into each other', () => {
	expect(derivedId('a/b', 'c')).not.toBe(derivedId('a', 'b/c'));
	expect(derivedId('a', 1)).not.toBe(derivedId('a', '1'));
});
