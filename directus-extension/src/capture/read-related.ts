import type { Item } from '../lib/change.js';
import { pickTold, type CapturePlan } from './capture-plan.js';
import { readItem, type ReadContext } from './read-item.js';

/**
 * The watched fields of the items that an item's foreign keys name, as they are now; `null` where no item is named. Of a
 * foreign key that is not known nothing is said.
 */
export async function readRelated(
	{ related }: CapturePlan,
	item: Item,
	context: ReadContext,
): Promise<Record<string, Item | null>> {
	const values: Record<string, Item | null> = {};
	for (const plan of related) {
		const key = item[plan.foreignKey];
		if (key === undefined) continue;
		const other = isKey(key) ? await readItem(plan.collection, String(key), context) : null;
		values[plan.foreignKey] = other && pickTold(other, plan);
	}
	return values;
}

function isKey(value: unknown): value is string | number {
	return typeof value === 'string' || typeof value === 'number';
}
