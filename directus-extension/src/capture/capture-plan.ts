import type { CollectionOverview, SchemaOverview } from '@directus/types';
import type { Item } from '../lib/change.js';
import type { Settings } from '../lib/settings.js';
import { EVERYTHING, isTold, type WatchedFields } from '../lib/watched-fields.js';
import { columnsOf, isMadeAtUpdate } from './columns.js';

/** What is read and told of one collection: the settings applied to its schema. */
export interface CapturePlan {
	collection: CollectionOverview;
	/** Names of the columns that are told: the watched ones, and always the key. */
	told: ReadonlySet<string>;
	/** Whether any column is not told. */
	isPartial: boolean;
	related: RelatedPlan[];
}

/** What is told of the item that a foreign key names. */
export interface RelatedPlan extends Omit<CapturePlan, 'related'> {
	foreignKey: string;
}

/**
 * Plans each collection once for each schema. Directus hands out the same schema until it changes, so a plan costs
 * nothing per save, and follows a changed schema at once.
 */
export class CapturePlans {
	readonly #settings: Pick<Settings, 'collections' | 'fields'>;
	readonly #bySchema = new WeakMap<SchemaOverview, Map<string, CapturePlan | null>>();

	constructor(settings: Pick<Settings, 'collections' | 'fields'>) {
		this.#settings = settings;
	}

	/** The plan of a collection; `null` when it is not watched, or not there. */
	of(name: string, schema: SchemaOverview): CapturePlan | null {
		let plans = this.#bySchema.get(schema);
		if (plans === undefined) this.#bySchema.set(schema, (plans = new Map()));
		let plan = plans.get(name);
		if (plan === undefined) plans.set(name, (plan = this.#make(name, schema)));
		return plan;
	}

	#make(name: string, schema: SchemaOverview): CapturePlan | null {
		const collection = schema.collections[name];
		if (collection === undefined || !this.#settings.collections.watches(name)) return null;
		return planOf(collection, schema, this.#settings.fields);
	}
}

/** What the schema does not have is left out here, and told by `warnOfUnknownFields` at the start. */
function planOf(collection: CollectionOverview, schema: SchemaOverview, fields: WatchedFields): CapturePlan {
	const selection = fields.get(collection.collection) ?? EVERYTHING;
	const related = [...selection.related].flatMap(([foreignKey, names]) => {
		const other = relatedCollection(collection, foreignKey, schema);
		return other === null ? [] : [{ foreignKey, ...columnsPlan(other, (field) => names?.has(field) ?? true) }];
	});
	return { ...columnsPlan(collection, (field) => isTold(selection, field)), related };
}

function columnsPlan(
	collection: CollectionOverview,
	isWatched: (field: string) => boolean,
): Omit<CapturePlan, 'related'> {
	const names = columnsOf(collection).map(({ field }) => field);
	const told = new Set(names.filter((field) => field === collection.primary || isWatched(field)));
	return { collection, told, isPartial: told.size < names.length };
}

/** The collection that a many-to-one relation leads to; `null` when the field is none. */
export function relatedCollection(
	collection: CollectionOverview,
	field: string,
	{ collections, relations }: SchemaOverview,
): CollectionOverview | null {
	const relation = relations.find((each) => each.collection === collection.collection && each.field === field);
	return collections[relation?.related_collection ?? ''] ?? null;
}

/**
 * Whether an update touched columns, and none that is told. Columns that Directus stamps with every update say nothing
 * about that. An update that changed nothing at all is somebody's save all the same.
 */
export function touchesOnlyUnwatched({ collection, told, isPartial }: CapturePlan, changed: string[]): boolean {
	if (!isPartial) return false;
	const touched = changed.filter((name) => {
		const column = collection.fields[name];
		return column === undefined || !isMadeAtUpdate(column);
	});
	return touched.length > 0 && !touched.some((name) => told.has(name));
}

/** The part of an item that is told. */
export function pickTold(item: Item, { told, isPartial }: Pick<CapturePlan, 'told' | 'isPartial'>): Item {
	return isPartial ? Object.fromEntries(Object.entries(item).filter(([field]) => told.has(field))) : item;
}
