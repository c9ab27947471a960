/**
 * Whether two values of a column mean the same. A revision can hold what the client sent (`4.5`, `"10:00"`) where the
 * item holds what the database returns (`"4.50000"`, `"10:00:00"`).
 */
export function sameValue(type: string, left: unknown, right: unknown): boolean {
	return canonical(type, left) === canonical(type, right);
}

function canonical(type: string, value: unknown): string {
	if (value === null || value === undefined) return 'null';
	switch (type) {
		case 'integer':
		case 'float':
		case 'decimal':
			return Number.isNaN(Number(value)) ? sortedJson(value) : String(Number(value));
		case 'bigInteger':
			// Text on PostgreSQL, a number on SQLite, and either in what a client sent.
			return typeof value === 'number' ? String(value) : typeof value === 'string' ? value : sortedJson(value);
		case 'boolean':
			return sortedJson(value === 1 || value === '1' ? true : value === 0 || value === '0' ? false : value);
		case 'time':
			return typeof value === 'string' && value.length === 5 ? sortedJson(`${value}:00`) : sortedJson(value);
		default:
			return sortedJson(value);
	}
}

/** JSON in which the order of keys does not matter: PostgreSQL's `jsonb` does not keep it. */
function sortedJson(value: unknown): string {
	return JSON.stringify(value, (_key, part: unknown) =>
		typeof part === 'object' && part !== null && !Array.isArray(part)
			? Object.fromEntries(Object.entries(part).toSorted(([left], [right]) => (left < right ? -1 : 1)))
			: part,
	);
}
