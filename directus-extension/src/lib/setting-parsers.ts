/** Turns the text of a setting into its value. Each parser throws with what it expected. */

const SECRET_BYTES_MIN = 24;
const TOKEN_LENGTH_MIN = 32;
const SECRET_PREFIX = 'whsec_';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const UNITS_MS = new Map([
	['ms', 1],
	['s', 1000],
	['m', 60_000],
	['h', 3_600_000],
	['d', 86_400_000],
]);

/** An http(s) URL, without the slashes at its end, so that a path can be appended. */
export function parseUrl(text: string): string {
	const url = URL.parse(text);
	if (url === null || !['http:', 'https:'].includes(url.protocol)) throw new Error('must be an http or https URL');
	if (url.search !== '' || url.hash !== '') throw new Error('must have no query and no fragment');
	return url.href.replace(/\/+$/, '');
}

/** Signing keys, from `whsec_<base64>` secrets separated by commas or white space. */
export function parseSecrets(text: string): Buffer[] {
	const keys = words(text).map((secret, index) => {
		const encoded = secret.startsWith(SECRET_PREFIX) ? secret.slice(SECRET_PREFIX.length) : null;
		// The secret itself stays out of the message: messages are logged.
		if (encoded === null || !BASE64.test(encoded)) throw new Error(`secret ${index + 1} must be whsec_<base64>`);

		const key = Buffer.from(encoded, 'base64');
		if (key.length < SECRET_BYTES_MIN)
			throw new Error(`secret ${index + 1} must have ${SECRET_BYTES_MIN} bytes or more`);
		return key;
	});
	if (keys.length === 0) throw new Error('must hold one secret or more');
	return keys;
}

/** A bearer token, as it is written into a header. */
export function parseToken(text: string): string {
	if (text.length < TOKEN_LENGTH_MIN) throw new Error(`must have ${TOKEN_LENGTH_MIN} characters or more`);
	if (!/^[\x21-\x7e]+$/.test(text)) throw new Error('must have no white space and no other than ASCII characters');
	return text;
}

/** A setting that may say `off`, which is `null`. */
export function unlessOff<Value>(parse: (text: string) => Value): (text: string) => Value | null {
	return (text) => (text === 'off' ? null : parse(text));
}

export function parseUuid(text: string): string {
	if (!UUID.test(text)) throw new Error('must be a UUID');
	return text.toLowerCase();
}

export function parseCount(text: string): number {
	const count = Number(text);
	if (!Number.isSafeInteger(count) || count < 1) throw new Error('must be a whole number of 1 or more');
	return count;
}

/** Milliseconds, from a number with its unit, such as `500ms`, `10s` or `15d`. */
export function parseDurationMs(text: string): number {
	const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(text) ?? [];
	const unitMs = UNITS_MS.get(unit);
	if (unitMs === undefined) throw new Error('must be a duration such as 500ms, 10s, 5m, 24h or 15d');

	const durationMs = Math.round(Number(digits) * unitMs);
	if (durationMs < 1) throw new Error('must be longer than nothing');
	return durationMs;
}

/** One of the given words. */
export function oneOf<Word extends string>(...allowed: Word[]): (text: string) => Word {
	return (text) => {
		const word = allowed.find((candidate) => candidate === text);
		if (word === undefined) throw new Error(`must be ${allowed.join(' or ')}`);
		return word;
	};
}

/** The words of a list separated by commas or white space. */
export function words(text: string): string[] {
	return text.split(/[\s,]+/).filter((word) => word !== '');
}
