const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const INTEGER_MAX = 2 ** 31 - 1;

/**
 * Whether a column of this type can hold the key. PostgreSQL answers with an error, and not with "no row", to a key that
 * it cannot.
 */
export function canBeKey(type: string | undefined, key: string): boolean {
	if (type === 'uuid') return UUID.test(key);
	if (type === 'integer') return /^-?\d+$/.test(key) && Math.abs(Number(key)) <= INTEGER_MAX;
	if (type === 'bigInteger') return /^-?\d{1,18}$/.test(key);
	return true;
}
