import { expect, test } from 'vitest';
import { strings } from '../app/strings.js';
import { CHECKS, type Check } from '../lib/studio.js';
import { inOrder, troublesOf } from './setup.js';

const check = (name: Check['check'], status: Check['status']): Check => ({
	check: name,
	status,
	names: [],
	detail: null,
});
const checks = [check('sidecar', 'ok'), check('flows', 'warning'), check('ready', 'unknown'), check('relay', 'danger')];

test('what must be mended comes first', () => {
	expect(inOrder(checks).map((each) => each.check)).toEqual(['relay', 'flows', 'ready', 'sidecar']);
});

test('what nobody knows is no trouble', () => {
	expect(troublesOf(checks)).toBe(2);
});

test.each(CHECKS)('%s has its remedy', (name) => {
	expect(strings.setup.checks[name].remedy).toMatch(/\.$/);
});
