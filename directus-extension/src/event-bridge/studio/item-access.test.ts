import { ForbiddenError } from '@directus/errors';
import type { Accountability } from '@directus/types';
import { expect, test, vi } from 'vitest';
import { feedback, schemaOf } from '../../testing/schema.js';
import { itemAccess, type AccessContext } from './item-access.js';

const bob: Accountability = { user: 'bob', admin: false, role: null, roles: [], app: true, ip: null };

/** Directus that lets everybody update, and only those read whom `readOne` lets. */
function context(readOne: (key: string) => Promise<unknown>, overrides: Partial<AccessContext> = {}): AccessContext {
	const seen = vi.fn<(accountability: unknown) => void>();
	class ItemsService {
		constructor(_collection: string, options: { accountability: unknown }) {
			seen(options.accountability);
		}
		readOne = readOne;
	}
	class PermissionsService {
		async getItemPermissions(): Promise<unknown> {
			expect(seen).toHaveBeenCalledWith(bob);
			return { update: { access: true } };
		}
	}
	return {
		accountability: bob,
		database: null as never,
		schema: schemaOf(feedback),
		services: { ItemsService, PermissionsService } as never,
		...overrides,
	};
}

const item = { collection: 'feedback', key: '1' };
const readable = async (): Promise<unknown> => ({ id: 1 });

const unreadable = async (): Promise<unknown> => {
	throw new ForbiddenError();
};

test("Directus' own permissions decide, asked as the user", async () => {
	expect(await itemAccess(item, context(readable))).toEqual({ mayUpdate: true });
});

test('whoever may not read the item learns nothing of it, even if they may update it', async () => {
	await expect(itemAccess(item, context(unreadable))).rejects.toMatchObject({ code: 'FORBIDDEN' });
});

test.each([
	['nobody', item, { accountability: null }, 401],
	['a collection that is not there', { collection: 'nothing', key: '1' }, {}, 403],
	['a system collection', { collection: 'directus_users', key: '1' }, {}, 403],
])('%s is refused', async (_what, address, overrides, status) => {
	await expect(itemAccess(address, context(readable, overrides))).rejects.toMatchObject({ status });
});
