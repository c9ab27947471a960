import type { CollectionOverview, SchemaOverview } from '@directus/types';
import type { Logger } from '../lib/logger.js';
import { SETTINGS, type Settings } from '../lib/settings.js';
import type { FieldSelection } from '../lib/watched-fields.js';
import { relatedCollection } from './capture-plan.js';

/** What the settings want told and the schema does not have, as `collection: word` with the reason. */
export function unknownFields(
	schema: SchemaOverview,
	{ collections, fields }: Pick<Settings, 'collections' | 'fields'>,
): string[] {
	return [...fields].flatMap(([name, selection]) => {
		const collection = schema.collections[name];
		if (collection === undefined) return [`${name} (no such collection)`];
		if (!collections.watches(name)) return [`${name} (not among ${SETTINGS.collections.key})`];
		return unknownColumns(collection, selection).concat(unknownRelated(collection, selection, schema));
	});
}

/** Tells the administrator, in one line, which words of the setting have no effect. */
export function warnOfUnknownFields(
	schema: SchemaOverview,
	settings: Pick<Settings, 'collections' | 'fields'>,
	logger: Pick<Logger, 'warn'>,
): void {
	const unknown = unknownFields(schema, settings);
	if (unknown.length === 0) return;
	logger.warn({ unknown }, `event bridge: ${SETTINGS.fields.key} names what is not there: ${unknown.join(', ')}`);
}

function unknownColumns(collection: CollectionOverview, { included, excluded }: FieldSelection): string[] {
	const words = [
		...[...included].filter((field) => field !== '*').map((field) => ({ word: field, field })),
		...[...excluded].map((field) => ({ word: `!${field}`, field })),
	];
	return words.flatMap(({ word, field }) => problemOf(collection, field, `${collection.collection}: ${word}`));
}

function unknownRelated(collection: CollectionOverview, { related }: FieldSelection, schema: SchemaOverview): string[] {
	return [...related].flatMap(([foreignKey, fields]) => {
		const place = `${collection.collection}: ${foreignKey}`;
		const other = relatedCollection(collection, foreignKey, schema);
		if (other === null) return [`${place} (no many-to-one relation)`];
		return [...(fields ?? [])].flatMap((field) => problemOf(other, field, `${place}.${field}`));
	});
}

function problemOf(collection: CollectionOverview, name: string, place: string): string[] {
	const field = collection.fields[name];
	if (field === undefined) return [`${place} (no such field)`];
	return field.alias ? [`${place} (has no column)`] : [];
}
