import { LETTER_FILTERS, type WantedLetters } from '../../lib/studio.js';
import { flag, invalid, name, object, optional } from '../input.js';

/** As many as the sidecar takes in one request. */
export const LETTERS_MAX = 500;

/** What the list is to be narrowed to, from a query; what is not known is left out. */
export function parseLetterFilter(query: Record<string, unknown>): Record<string, string> {
	return Object.fromEntries(
		LETTER_FILTERS.filter((key) => query[key] !== undefined).map((key) => [key, name(query[key], key)]),
	);
}

/** Which letters are to be sent again or discarded: these, those of a filter, or all. */
export function parseWantedLetters(value: unknown): WantedLetters {
	const body = object(value, 'the body');
	const said = ['ids', 'all', 'filter'].filter((key) => body[key] !== undefined);
	if (said.length !== 1) throw invalid('the body', 'must have one of ids, all and filter');

	const dryRun = optional(body['dryRun'], 'dryRun', flag) ?? false;
	if (body['ids'] !== undefined) return { ids: parseIds(body['ids']), dryRun };
	if (body['all'] !== undefined) {
		if (body['all'] !== true) throw invalid('all', 'must be true');
		return { all: true, dryRun };
	}
	const filter = parseLetterFilter(object(body['filter'], 'filter'));
	// An empty filter means all of them, and that is to be said outright.
	if (Object.keys(filter).length === 0) throw invalid('filter', `must have one of ${LETTER_FILTERS.join(', ')}`);
	return { filter, dryRun };
}

function parseIds(value: unknown): string[] {
	if (!Array.isArray(value) || value.length === 0 || value.length > LETTERS_MAX) {
		throw invalid('ids', `must be a list of 1 to ${LETTERS_MAX} ids`);
	}
	return value.map((id: unknown, index) => name(id, `ids[${index}]`));
}
