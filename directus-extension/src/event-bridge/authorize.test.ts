import type { Accountability } from '@directus/types';
import { expect, test } from 'vitest';
import { authorize } from './authorize.js';

const settings = { serviceAccount: 'bridge' };
const caller = (user: string | null, admin = false): Accountability => ({
	user,
	admin,
	role: null,
	roles: [],
	app: false,
	ip: null,
});

test.each([
	['the service account', caller('bridge')],
	['an admin', caller('ann', true)],
])('%s may write back', (_who, accountability) => {
	expect(authorize(accountability, settings)).toEqual(accountability);
});

test.each([
	['nobody', null, 401],
	['a request without accountability', undefined, 401],
	['the public', caller(null), 401],
	['another user', caller('bob'), 403],
])('%s may not', (_who, accountability, status) => {
	expect(() => authorize(accountability, settings)).toThrow(expect.objectContaining({ status }));
});
