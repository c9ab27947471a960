import { ContentTooLargeError, InvalidPayloadError } from '@directus/errors';
import type { Effect } from '../lib/effect.js';

export const EFFECTS_MAX = 100;
/** As wide as the ledger's columns. */
const ID_LENGTH_MAX = 64;
const NAME_LENGTH_MAX = 255;

/** Parses a request's body. Throws Directus' own errors, with the path of what is wrong and never with its value. */
export function parseEffects(body: unknown): Effect[] {
	if (!Array.isArray(body)) throw new InvalidPayloadError({ reason: 'the body must be an array of effects' });
	if (body.length > EFFECTS_MAX) throw new ContentTooLargeError();
	return body.map((effect: unknown, index) => parseEffect(effect, `[${index}]`));
}

function parseEffect(value: unknown, path: string): Effect {
	const effect = object(value, path);
	return {
		effectId: text(effect['effectId'], `${path}.effectId`, ID_LENGTH_MAX),
		eventId: text(effect['eventId'], `${path}.eventId`, ID_LENGTH_MAX),
		reaction: text(effect['reaction'], `${path}.reaction`, ID_LENGTH_MAX),
		sequence: sequence(effect['sequence'], `${path}.sequence`),
		op: op(effect['op'], `${path}.op`),
		collection: text(effect['collection'], `${path}.collection`, NAME_LENGTH_MAX),
		key: text(effect['key'], `${path}.key`, NAME_LENGTH_MAX),
		data: object(effect['data'], `${path}.data`),
	};
}

function text(value: unknown, path: string, lengthMax: number): string {
	if (typeof value === 'string' && value !== '' && value.length <= lengthMax) return value;
	throw new InvalidPayloadError({ reason: `${path} must be a text of 1 to ${lengthMax} characters` });
}

function sequence(value: unknown, path: string): number {
	if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
	throw new InvalidPayloadError({ reason: `${path} must be a whole number of 0 or more` });
}

function op(value: unknown, path: string): Effect['op'] {
	if (value === 'update' || value === 'create') return value;
	throw new InvalidPayloadError({ reason: `${path} must be "update" or "create"` });
}

function object(value: unknown, path: string): Record<string, unknown> {
	if (isObject(value)) return value;
	throw new InvalidPayloadError({ reason: `${path} must be an object` });
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}
