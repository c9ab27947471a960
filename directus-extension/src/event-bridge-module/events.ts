import { strings } from '../app/strings.js';
import type { TracedEvent } from '../lib/studio.js';

export interface SubjectForm {
	collection: string;
	key: string;
	customer: string;
}

/** What is asked of the endpoint; `null` while something is missing. */
export function subjectOf(
	by: 'item' | 'customer',
	{ collection, key, customer }: SubjectForm,
): Record<string, string> | null {
	if (by === 'customer') return customer === '' ? null : { customer };
	return collection === '' || key === '' ? null : { collection, key };
}

/** The event's name on the bus, or what was done to the item when nobody keeps the name. */
export function nameOf({ eventType, action }: Pick<TracedEvent, 'eventType' | 'action'>): string {
	if (eventType !== null) return eventType;
	return action === null ? strings.events.effectOnly : strings.events.unnamed(action);
}
