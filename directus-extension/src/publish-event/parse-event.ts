import type { EventPayload } from '../lib/change.js';
import { optionalText } from './option.js';

/** What the form of the operation holds. Directus has filled its templates in: nothing is known about any value. */
export type PublishEventOptions = Partial<Record<keyof typeof OPTIONS, unknown>>;

/** The options by name, as the Flow keeps them. */
export const OPTIONS = {
	type: 'Event type',
	version: 'Version',
	data: 'Data',
	customer: 'Customer',
	collection: 'Collection',
	key: 'Key',
	producer: 'Producer',
	context: 'Context',
	properties: 'Properties',
	correlationId: 'Correlation ID',
	causationId: 'Causation ID',
} as const;

/** As the sidecar reads it: lower-case words joined by dots. */
const EVENT_TYPE = /^[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+$/;
const EVENT_TYPE_LENGTH_MAX = 128;
const VERSION_MAX = 2 ** 32 - 1;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The event that the options describe. Throws with every mistake at once, by the name of its option. */
export function parseEvent(options: PublishEventOptions): EventPayload['event'] {
	const problems: string[] = [];
	const read = <Value>(name: keyof typeof OPTIONS, parse: (value: unknown) => Value): Value | null => {
		try {
			return parse(options[name]);
		} catch (error) {
			problems.push(`"${name}" ${error instanceof Error ? error.message : String(error)}`);
			return null;
		}
	};
	const event = {
		eventType: read('type', eventType) ?? '',
		version: read('version', version) ?? 0,
		producer: read('producer', optionalText),
		customerId: read('customer', optionalText),
		correlationId: read('correlationId', optionalUuid),
		causationId: read('causationId', optionalUuid),
		data: read('data', jsonObject) ?? {},
		context: read('context', jsonObject) ?? {},
		properties: read('properties', jsonObject) ?? {},
	};
	if (problems.length > 0) throw new Error(problems.join('; '));
	return event;
}

function eventType(value: unknown): string {
	const text = optionalText(value) ?? '';
	if (EVENT_TYPE.test(text) && text.length <= EVENT_TYPE_LENGTH_MAX) return text;
	throw new Error('must name the event in lower-case words joined by dots, such as "order.shipped"');
}

function version(value: unknown): number {
	const number = Number(optionalText(value) ?? '1');
	if (Number.isInteger(number) && number >= 1 && number <= VERSION_MAX) return number;
	throw new Error('must be a whole number of 1 or more');
}

function optionalUuid(value: unknown): string | null {
	const text = optionalText(value);
	if (text === null || UUID.test(text)) return text;
	throw new Error('must be the id of an event');
}

/** An object, or its JSON: a template that is filled in makes a text. */
function jsonObject(value: unknown): Record<string, unknown> {
	if (value === undefined || value === null || value === '') return {};
	const parsed = typeof value === 'string' ? json(value) : value;
	if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return { ...parsed };
	throw new Error('must be a JSON object');
}

function json(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		// The parser's message quotes the text.
		throw new Error('must be a JSON object');
	}
}
