import { ContentTooLargeError, InvalidPayloadError } from '@directus/errors';
import type { Effect } from '../lib/effect.js';
import { customerHash } from './erasures.js';
import { invalid, name, object, optional, text, wholeNumber } from './input.js';

export const EFFECTS_MAX = 100;
/** As wide as the ledger's columns. */
const ID_LENGTH_MAX = 64;

/** Parses a request's body. */
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
		sequence: wholeNumber(effect['sequence'], `${path}.sequence`),
		op: op(effect['op'], `${path}.op`),
		collection: name(effect['collection'], `${path}.collection`),
		key: name(effect['key'], `${path}.key`),
		data: object(effect['data'], `${path}.data`),
		customer: optional(effect['customer'], `${path}.customer`, customerHash),
	};
}

function op(value: unknown, path: string): Effect['op'] {
	if (value === 'update' || value === 'create' || value === 'delete') return value;
	throw invalid(path, 'must be "update", "create" or "delete"');
}
