import type { CollectionOverview, FieldOverview, SchemaOverview } from '@directus/types';

/** A field of Directus' schema overview; text, nullable and without default unless told otherwise. */
export function field(name: string, overrides: Partial<FieldOverview> = {}): FieldOverview {
	return {
		field: name,
		defaultValue: null,
		nullable: true,
		generated: false,
		type: 'string',
		dbType: null,
		precision: null,
		scale: null,
		special: [],
		note: null,
		validation: null,
		alias: false,
		searchable: true,
		...overrides,
	};
}

export function collection(
	name: string,
	fields: FieldOverview[],
	overrides: Partial<CollectionOverview> = {},
): CollectionOverview {
	return {
		collection: name,
		primary: 'id',
		singleton: false,
		sortField: null,
		note: null,
		accountability: 'all',
		fields: Object.fromEntries(fields.map((each) => [each.field, each])),
		...overrides,
	};
}

/** The collection that [`openDirectusLike`] makes: `customer` is a foreign key, `comments` an alias. */
export const feedback = collection('feedback', [
	field('id', { type: 'integer', defaultValue: 'AUTO_INCREMENT' }),
	field('text'),
	field('rating', { type: 'integer' }),
	field('status', { defaultValue: 'new' }),
	field('customer', { type: 'integer' }),
	field('password', { special: ['hash', 'conceal'] }),
	field('date_created', { type: 'timestamp', special: ['date-created'] }),
	field('comments', { alias: true, type: 'alias' }),
]);

export function schemaOf(...collections: CollectionOverview[]): SchemaOverview {
	const customer = {
		collection: 'feedback',
		field: 'customer',
		related_collection: 'customers',
		schema: null,
		meta: null,
	};
	return {
		collections: Object.fromEntries(collections.map((each) => [each.collection, each])),
		relations: [customer],
	};
}
