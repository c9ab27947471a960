import { optionalText } from './option.js';
import type { PublishEventOptions } from './parse-event.js';

/** What an event is about. */
export interface Subject {
	collection: string;
	key: string;
}

/** The run of a Flow, as far as an event can be about it. */
export interface FlowRun {
	flowId: string | null;
	/** What Directus keeps as `$trigger`. */
	trigger: unknown;
}

/** As wide as the outbox's columns. */
const LENGTH_MAX = 255;

/** The item that the options name, otherwise the item that triggered the Flow, otherwise the Flow itself. */
export function subjectOf(options: Pick<PublishEventOptions, 'collection' | 'key'>, run: FlowRun): Subject {
	const [collection, key] = [named(options.collection, 'collection'), named(options.key, 'key')];
	if (collection !== null && key !== null) return { collection, key };

	const trigger = triggerItems(run.trigger);
	if (trigger === null && (collection !== null || key !== null)) {
		throw new Error('"collection" and "key" name an item only together');
	}
	if (trigger !== null && trigger.keys.length > 1 && key === null) {
		// The event would be about one of them, and the others would be forgotten.
		throw new Error(`"key" must name the item: the trigger brings ${trigger.keys.length}`);
	}
	if (trigger !== null) return { collection: collection ?? trigger.collection, key: key ?? trigger.keys[0] ?? '' };
	if (run.flowId !== null) return { collection: 'directus_flows', key: run.flowId };
	throw new Error('"collection" and "key" must name what the event is about');
}

function named(value: unknown, name: string): string | null {
	const text = optionalText(value);
	if (text !== null && text.length > LENGTH_MAX) throw new Error(`"${name}" has more than ${LENGTH_MAX} characters`);
	return text;
}

/** An event on items brings `collection` with `key` or `keys`; a button brings them in its `body`. */
function triggerItems(trigger: unknown): { collection: string; keys: string[] } | null {
	if (!isObject(trigger)) return null;
	const { collection, key, keys } = isObject(trigger['body']) && 'keys' in trigger['body'] ? trigger['body'] : trigger;
	const found = (Array.isArray(keys) ? keys : [key]).filter(isKey).map(String);
	return typeof collection === 'string' && found.length > 0 ? { collection, keys: found } : null;
}

function isKey(value: unknown): value is string | number {
	return typeof value === 'string' || typeof value === 'number';
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
