import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ENV, settingsWith } from '../testing/settings.js';
import { parseSettings, SETTINGS } from './settings.js';

test('three settings are enough', () => {
	const settings = settingsWith();

	expect(settings).toMatchObject({
		sidecarUrl: 'http://sidecar.test:8080',
		capture: 'strict',
		project: 'directus',
		batchMax: 100,
		batchBytesMax: 900_000,
		timeoutMs: 10_000,
		pollIntervalMs: 2000,
		leaseMs: 30_000,
		retentionMs: 86_400_000,
		ledgerRetentionMs: 1_296_000_000,
	});
	expect(settings.collections.watches('anything')).toBe(true);
});

test('every mistake is reported at once, by the name of its key', () => {
	const env = { EVENT_BRIDGE_SIDECAR_URL: 'nowhere', EVENT_BRIDGE_CAPTURE: 'maybe', EVENT_BRIDGE_TIMEOUT: '10' };

	const keys = [
		'SIDECAR_URL must',
		'SECRETS is required',
		'SERVICE_ACCOUNT is required',
		'CAPTURE must',
		'TIMEOUT must',
	];
	for (const key of keys) expect(() => parseSettings(env)).toThrow(`EVENT_BRIDGE_${key}`);
});

test('values that Directus has cast to numbers and arrays are understood', () => {
	const settings = settingsWith({ EVENT_BRIDGE_BATCH_MAX: 7, EVENT_BRIDGE_COLLECTIONS: ['feedback', 'tickets'] });

	expect(settings.batchMax).toBe(7);
	expect(settings.collections.watches('tickets')).toBe(true);
	expect(settings.collections.watches('orders')).toBe(false);
});

test('an empty value means the default', () => {
	expect(settingsWith({ EVENT_BRIDGE_PROJECT: '' }).project).toBe('directus');
});

test('secrets can come from a file', () => {
	const file = join(mkdtempSync(join(tmpdir(), 'event-bridge-')), 'secrets');
	writeFileSync(file, `${ENV.EVENT_BRIDGE_SECRETS}\n`);

	const settings = settingsWith({ EVENT_BRIDGE_SECRETS: undefined, EVENT_BRIDGE_SECRETS_FILE: file });

	expect(settings.secrets).toHaveLength(1);
	expect(() => settingsWith({ EVENT_BRIDGE_SECRETS: undefined, EVENT_BRIDGE_SECRETS_FILE: '/nowhere' })).toThrow(
		'EVENT_BRIDGE_SECRETS_FILE',
	);
});

test('the admin API is off unless told otherwise, and needs both its settings', () => {
	const url = { EVENT_BRIDGE_ADMIN_URL: 'http://sidecar.test:8081/' };
	const token = { EVENT_BRIDGE_ADMIN_TOKEN: 'a-token-of-thirty-two-characters' };

	expect(settingsWith()).toMatchObject({ adminUrl: null, adminToken: null });
	expect(settingsWith({ ...url, ...token })).toMatchObject({ adminUrl: 'http://sidecar.test:8081' });
	expect(() => settingsWith(url)).toThrow('EVENT_BRIDGE_ADMIN_TOKEN is required with EVENT_BRIDGE_ADMIN_URL');
	expect(() => settingsWith(token)).toThrow('EVENT_BRIDGE_ADMIN_URL is required with EVENT_BRIDGE_ADMIN_TOKEN');
	expect(() => settingsWith({ ...url, EVENT_BRIDGE_ADMIN_TOKEN: 'short' })).toThrow('32 characters or more');
});

test('a lease must outlast a request', () => {
	expect(() => settingsWith({ EVENT_BRIDGE_TIMEOUT: '30s' })).toThrow('EVENT_BRIDGE_LEASE must be longer');
});

test.each(['../../README.md', '../../../docs/configuration.md'])('%s lists every setting', (path) => {
	const reference = readFileSync(new URL(path, import.meta.url), 'utf8');

	for (const { key, default: fallback, meaning } of Object.values(SETTINGS)) {
		const row = reference.split('\n').find((line) => line.startsWith(`| \`${key}\``));
		const cells = row?.split('|').map((cell) => cell.trim());
		expect(cells?.slice(2, 4)).toEqual([fallback === null ? '**required**' : `\`${fallback}\``, meaning]);
	}
});
