import type { CollectionOverview, FieldOverview, SchemaOverview } from '@directus/types';

/** What the schema tells about a collection's columns. Alias fields, such as o2m lists, are no columns. */

export const SECRET_MASK = '**********';

/** Specials whose value Directus makes when the item is created, so that a create's revision lacks it. */
const MADE_AT_CREATION = new Set(['date-created', 'user-created', 'role-created', 'uuid']);
const MADE_AT_UPDATE = new Set(['date-updated', 'user-updated', 'role-updated']);
const SECRET = new Set(['hash', 'conceal', 'encrypt']);
/** For these types a default in the schema is an expression, such as `CURRENT_TIMESTAMP` or `gen_random_uuid()`. */
const COMPUTED_DEFAULT = new Set(['date', 'dateTime', 'time', 'timestamp', 'uuid']);

export function columnsOf(collection: CollectionOverview): FieldOverview[] {
	return Object.values(collection.fields).filter((field) => !field.alias);
}

/**
 * Columns that hold a key of another item. Directus leaves them out of revisions' data
 * (`getRelationsForCollection` in `services/items`), so a revision does not tell what they held.
 */
export function foreignKeysOf(collection: CollectionOverview, schema: SchemaOverview): string[] {
	const fields = schema.relations
		.filter((relation) => relation.collection === collection.collection)
		.map((relation) => relation.field);
	return [...new Set(fields)].filter((name) => collection.fields[name]?.alias === false);
}

/**
 * Whether a column holds what nobody may read through the API. Reading without accountability would even decrypt it,
 * so such values never leave the item's table.
 */
export function isSecret(field: FieldOverview): boolean {
	return field.special.some((special) => SECRET.has(special));
}

export function isGeometry(field: FieldOverview): boolean {
	return field.type.startsWith('geometry');
}

/** Whether a create's revision cannot know the value: Directus or the database made it while inserting. */
export function isMadeAtCreation(field: FieldOverview): boolean {
	if (field.generated || field.special.some((special) => MADE_AT_CREATION.has(special))) return true;
	return field.defaultValue !== null && COMPUTED_DEFAULT.has(field.type);
}

/** Whether Directus changes the column with every update, unasked. */
export function isMadeAtUpdate(field: FieldOverview): boolean {
	return field.special.some((special) => MADE_AT_UPDATE.has(special));
}
