/** The text of an option; `null` when it is left blank. A key that a template filled in may be a number. */
export function optionalText(value: unknown): string | null {
	if (value === undefined || value === null) return null;
	if (typeof value !== 'string' && typeof value !== 'number') throw new Error('must be a text');
	const text = String(value).trim();
	return text === '' ? null : text;
}
