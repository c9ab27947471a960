import { ForbiddenError, InvalidCredentialsError } from '@directus/errors';
import type { Accountability, ExtensionsServices, SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';

/** An item that somebody in the Studio looks at. */
export interface ItemAddress {
	collection: string;
	key: string;
}

export interface AccessContext {
	accountability: Accountability | null | undefined;
	database: Knex;
	schema: SchemaOverview;
	services: Pick<ExtensionsServices, 'ItemsService' | 'PermissionsService'>;
}

/**
 * Lets in whoever may read the item, and tells whether they may update it: Directus' own permissions decide. An item
 * that is not there is as forbidden as one that is nobody's business.
 */
export async function itemAccess(
	{ collection, key }: ItemAddress,
	{ accountability, database, schema, services }: AccessContext,
): Promise<{ mayUpdate: boolean }> {
	if (!accountability?.user) throw new InvalidCredentialsError();
	const primary = schema.collections[collection]?.primary;
	if (primary === undefined || collection.startsWith('directus_')) throw new ForbiddenError();

	const as = { knex: database, schema, accountability };
	await new services.ItemsService(collection, as).readOne(key, { fields: [primary] });
	const { update } = await new services.PermissionsService(as).getItemPermissions(collection, key);
	return { mayUpdate: update.access };
}
