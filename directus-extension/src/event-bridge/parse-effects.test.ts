import { expect, test } from 'vitest';
import type { Effect } from '../lib/effect.js';
import { example } from '../testing/examples.js';
import { EFFECTS_MAX, parseEffects } from './parse-effects.js';

const { effects } = example<{ effects: Effect[] }>('effects');
const [effect] = effects;

test('what the sidecar sends is understood', () => {
	expect(parseEffects(effects)).toEqual(effects);
});

test.each([
	['an object', { effects }, 'the body must be an array'],
	['nothing', undefined, 'the body must be an array'],
	['a list of texts', ['effect'], '[0] must be an object'],
	['an effect without id', [effect, { ...effect, effectId: '' }], '[1].effectId'],
	['an id wider than the ledger', [{ ...effect, effectId: 'x'.repeat(65) }], '[0].effectId'],
	['a sequence as text', [{ ...effect, sequence: '7' }], '[0].sequence'],
	['a sequence below zero', [{ ...effect, sequence: -1 }], '[0].sequence'],
	['an operation nobody knows', [{ ...effect, op: 'upsert' }], '[0].op'],
	['a customer by name', [{ ...effect, customer: 'ada' }], '[0].customer'],
	['a key that is no text', [{ ...effect, key: 42 }], '[0].key'],
	['data that is a list', [{ ...effect, data: [] }], '[0].data'],
])('%s is refused, with the path', (_what, body, path) => {
	expect(() => parseEffects(body)).toThrow(
		expect.objectContaining({ status: 400, code: 'INVALID_PAYLOAD', message: expect.stringContaining(path) }),
	);
});

test('more effects than one request may hold are too large', () => {
	const body = Array.from({ length: EFFECTS_MAX + 1 }, () => effect);

	expect(() => parseEffects(body)).toThrow(expect.objectContaining({ status: 413 }));
	expect(parseEffects(body.slice(1))).toHaveLength(EFFECTS_MAX);
});
