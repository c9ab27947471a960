import { words } from './setting-parsers.js';
import { isInternal } from './watched-collections.js';

/** Which fields of which collections are told. A collection that is not named is told whole. */
export type WatchedFields = ReadonlyMap<string, FieldSelection>;

/** What is told of one collection. */
export interface FieldSelection {
	/** Columns by name; `*` stands for all of them. */
	included: ReadonlySet<string>;
	excluded: ReadonlySet<string>;
	/** Fields of the items that foreign keys name, by the key's field; `null` for all columns. */
	related: ReadonlyMap<string, ReadonlySet<string> | null>;
}

export const EVERYTHING: FieldSelection = {
	included: new Set(['*']),
	excluded: new Set(),
	related: new Map(),
};

/** Parses `*`, or parts such as `feedback: * !internal_note customer.tier; tickets: subject status`. */
export function parseFields(text: string): WatchedFields {
	const selections = new Map<string, FieldSelection>();
	if (text.trim() === '*') return selections;
	for (const part of text.split(';').filter((each) => each.trim() !== '')) {
		const [, collection = '', fields = ''] = /^\s*([^\s,:]+)\s*:(.*)$/s.exec(part) ?? [];
		if (collection === '') throw new Error(`has "${part.trim()}" where it needs "<collection>: <fields>"`);
		if (isInternal(collection)) throw new Error(`cannot watch "${collection}": it is not a collection of yours`);
		if (selections.has(collection)) throw new Error(`names "${collection}" twice`);
		selections.set(collection, parseSelection(collection, words(fields)));
	}
	return selections;
}

/** Whether the column is told. */
export function isTold({ included, excluded }: FieldSelection, field: string): boolean {
	return !excluded.has(field) && (included.has('*') || included.has(field));
}

function parseSelection(collection: string, fields: string[]): FieldSelection {
	if (fields.length === 0) throw new Error(`names no field of "${collection}"; * is all of them`);

	const included = new Set<string>();
	const excluded = new Set<string>();
	const related = new Map<string, Set<string> | null>();
	for (const word of fields) {
		const wrong = (reason: string): Error => new Error(`has "${word}" for "${collection}": ${reason}`);
		const [, not, field = '', , ofRelated] = /^(!?)([^!.*]+|\*)(\.([^!.*]+|\*))?$/.exec(word) ?? [];
		if (field === '') throw wrong('write a field, "*", "!field" or "relation.field", one level deep');
		if (ofRelated === undefined) (not ? excluded : included).add(field);
		else if (not || field === '*') throw wrong('name each field of a relation that is to be told');
		else if (ofRelated === '*') related.set(field, null);
		else if (related.get(field) !== null) related.set(field, new Set([...(related.get(field) ?? []), ofRelated]));
	}

	if (excluded.has('*')) throw new Error(`leaves out all of "${collection}": EVENT_BRIDGE_COLLECTIONS does that`);
	const both = [...excluded].find((field) => included.has(field));
	if (both !== undefined) throw new Error(`both names and leaves out "${both}" of "${collection}"`);
	// As with collections: what names no column means all of them.
	if (included.size === 0) included.add('*');
	return { included, excluded, related };
}
