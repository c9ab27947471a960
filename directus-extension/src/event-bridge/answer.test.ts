import type { Accountability } from '@directus/types';
import { expect, test } from 'vitest';
import { adminOnly, signedIn } from './answer.js';

const caller = (user: string | null, admin = false): { accountability: Accountability } => ({
	accountability: { user, admin, role: null, roles: [], app: true, ip: null },
});

test('an admin sees the pipeline; whoever is signed in sees what Directus lets them', () => {
	expect(adminOnly(caller('ann', true)).user).toBe('ann');
	expect(signedIn(caller('bob')).user).toBe('bob');
});

test.each([
	['nobody', { accountability: null }, 401],
	['the public', caller(null), 401],
	['the service account, which is no admin', caller('bridge'), 403],
])('%s sees no pipeline', (_who, request, status) => {
	expect(() => adminOnly(request)).toThrow(expect.objectContaining({ status }));
});

test('the public sees no item either', () => {
	expect(() => signedIn(caller(null))).toThrow(expect.objectContaining({ status: 401 }));
});
