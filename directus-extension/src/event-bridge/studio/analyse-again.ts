import { ForbiddenError } from '@directus/errors';
import { pickTold, type CapturePlans } from '../../capture/capture-plan.js';
import { readItem, type ReadContext } from '../../capture/read-item.js';
import { readRelated } from '../../capture/read-related.js';
import { currentTraceparent } from '../../capture/trace-context.js';
import type { ChangePayload } from '../../lib/change.js';
import { lockItems } from '../../lib/lock-items.js';
import { recordChange } from '../../lib/outbox.js';
import { invalid, name, object } from '../input.js';
import type { ItemAddress } from './item-access.js';

const FIELDS_MAX = 20;

export interface AnalyseContext extends ReadContext {
	plans: Pick<CapturePlans, 'of'>;
	/** Who asks. */
	userId: string;
}

/** The fields whose text is to be looked at again. */
export function parseAnalyse(value: unknown): string[] {
	const { fields } = object(value, 'the body');
	if (!Array.isArray(fields) || fields.length === 0 || fields.length > FIELDS_MAX) {
		throw invalid('fields', `must be a list of 1 to ${FIELDS_MAX} fields`);
	}
	return fields.map((field: unknown, index) => name(field, `fields[${index}]`));
}

/**
 * Announces the item once more, as if these fields had been edited: mappings, reactions and everybody who listens see an
 * update, with the word `requested` in `capture`. Returns the event's id.
 */
export async function analyseAgain(
	{ collection, key }: ItemAddress,
	fields: readonly string[],
	{ plans, userId, ...context }: AnalyseContext,
): Promise<string> {
	const plan = plans.of(collection, context.schema);
	if (plan === null) throw invalid('collection', 'must be a collection that is watched');
	const changed = fields.filter((field) => plan.told.has(field));
	if (changed.length === 0) throw invalid('fields', `must name a field of ${collection} that is watched`);

	return await context.database.transaction(async (transaction) => {
		const within = { ...context, database: transaction };
		await lockItems(plan.collection, [key], transaction);
		const item = await readItem(plan.collection, key, within);
		if (item === null) throw new ForbiddenError();
		const payload: ChangePayload = {
			occurredAt: new Date().toISOString(),
			userId,
			item: pickTold(item, plan),
			// Nothing changed: what it was is what it is.
			previous: pickTold(item, plan),
			changed,
			...(plan.related.length > 0 && { related: await readRelated(plan, item, within) }),
			traceparent: currentTraceparent(),
			capture: 'requested',
		};
		return await recordChange({ collection, action: 'update', key, payload }, within);
	});
}
