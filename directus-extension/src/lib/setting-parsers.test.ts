import { expect, test } from 'vitest';
import { parseCount, parseDurationMs, parseSecrets, parseUrl } from './setting-parsers.js';

const SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

test.each([
	['500ms', 500],
	['10s', 10_000],
	['1.5s', 1500],
	['2m', 120_000],
	['24h', 86_400_000],
	['15d', 1_296_000_000],
])('%s is a duration', (text, durationMs) => {
	expect(parseDurationMs(text)).toBe(durationMs);
});

test.each(['10', '0s', 'ten seconds', '10 parsecs', '-1s', ''])('"%s" is no duration', (text) => {
	expect(() => parseDurationMs(text)).toThrow('must be');
});

test.each(['0', '-1', '1.5', 'many', ''])('"%s" is no count', (text) => {
	expect(() => parseCount(text)).toThrow('whole number');
});

test('a URL loses the slash at its end, so that a path can be appended', () => {
	expect(parseUrl('https://sidecar.test/bridge/')).toBe('https://sidecar.test/bridge');
});

test.each(['sidecar:8080', 'ftp://sidecar', 'not a url', 'http://sidecar/?a=b'])(
	'"%s" is no URL to post to',
	(text) => {
		expect(() => parseUrl(text)).toThrow('must');
	},
);

test('every secret of a list becomes a key, so that secrets can be rotated', () => {
	const keys = parseSecrets(`${SECRET}, whsec_YSBzZWNvbmQgc2VjcmV0IG9mIDMyIGJ5dGVzLCBvayE=`);

	expect(keys.map((key) => key.length)).toEqual([24, 32]);
});

test.each(['', SECRET.replace('whsec_', ''), 'whsec_not*base64', 'whsec_c2hvcnQ='])(
	'the secret "%s" is refused',
	(text) => {
		expect(() => parseSecrets(text)).toThrow('must');
	},
);

test('a refused secret is not repeated in the message', () => {
	expect(() => parseSecrets('whsec_c2hvcnQ=')).toThrow(
		expect.not.objectContaining({ message: expect.stringContaining('c2hvcnQ') }),
	);
});
