import { InvalidPayloadError } from '@directus/errors';

/**
 * What requests are made of. Each function returns its value or throws Directus' own error, with the path of what is
 * wrong and never with its value: a value may be personal, and errors are logged.
 */
export function object(value: unknown, path: string): Record<string, unknown> {
	if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
	throw invalid(path, 'must be an object');
}

export function text(value: unknown, path: string, lengthMax: number): string {
	if (typeof value === 'string' && value !== '' && value.length <= lengthMax) return value;
	throw invalid(path, `must be a text of 1 to ${lengthMax} characters`);
}

/** The name of a collection, or a key: as wide as the columns that keep it. */
export function name(value: unknown, path: string): string {
	return text(value, path, NAME_LENGTH_MAX);
}

export function wholeNumber(
	value: unknown,
	path: string,
	{ min = 0, max = Number.MAX_SAFE_INTEGER }: { min?: number; max?: number } = {},
): number {
	if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) return value;
	const range = max === Number.MAX_SAFE_INTEGER ? `of ${min} or more` : `from ${min} to ${max}`;
	throw invalid(path, `must be a whole number ${range}`);
}

export function flag(value: unknown, path: string): boolean {
	if (typeof value === 'boolean') return value;
	throw invalid(path, 'must be true or false');
}

/** A point in time as ISO 8601 with its zone, in epoch milliseconds. */
export function instant(value: unknown, path: string): number {
	const epochMs = typeof value === 'string' && ISO_WITH_ZONE.test(value) ? Date.parse(value) : NaN;
	if (!Number.isNaN(epochMs)) return epochMs;
	throw invalid(path, 'must be a time such as 2026-11-21T10:30:00Z');
}

/** What may be left out, or `null`. */
export function optional<Value>(
	value: unknown,
	path: string,
	parse: (value: unknown, path: string) => Value,
): Value | null {
	return value === undefined || value === null ? null : parse(value, path);
}

export function invalid(path: string, problem: string): Error {
	return new InvalidPayloadError({ reason: `${path} ${problem}` });
}

const NAME_LENGTH_MAX = 255;
const ISO_WITH_ZONE = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})$/;
