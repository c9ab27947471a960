import { expect, test } from 'vitest';
import type { Check } from '../../lib/studio.js';
import { collection, feedback, field, schemaOf } from '../../testing/schema.js';
import { SERVICE_ACCOUNT, settingsWith } from '../../testing/settings.js';
import { sidecarOverview } from '../../testing/sidecar-overview.js';
import { openDirectusLike } from '../../testing/sqlite.js';
import { relayCheck, setupCheck, sidecarChecks, type SetupContext } from './setup-check.js';

async function context(overrides: Partial<SetupContext> = {}): Promise<SetupContext> {
	const database = await openDirectusLike();
	await database.schema.createTable('directus_users', (table) => {
		for (const column of ['id', 'status', 'token']) table.string(column);
	});
	await database.schema.createTable('directus_flows', (table) => {
		for (const column of ['id', 'name', 'status', 'trigger']) table.string(column);
	});
	await database.schema.createTable('directus_operations', (table) => {
		for (const column of ['flow', 'type']) table.string(column);
	});
	await database('directus_users').insert({ id: SERVICE_ACCOUNT, status: 'active', token: 'x' });
	return {
		database,
		relay: { failures: 0, lastError: null },
		schema: schemaOf(feedback),
		settings: settingsWith({ EVENT_BRIDGE_ADMIN_URL: 'http://s.test', EVENT_BRIDGE_ADMIN_TOKEN: 'x'.repeat(32) }),
		sidecar: { isConfigured: true, overview: async () => sidecarOverview() },
		hasWebSockets: true,
		...overrides,
	};
}

const troubles = (checks: Check[]): [string, string][] =>
	checks.filter(({ status }) => status !== 'ok').map(({ check, status }) => [check, status]);

test('where everything is right, nothing is to be done', async () => {
	expect(troubles(await setupCheck(await context()))).toEqual([]);
});

test('what is wrong in Directus is named', async () => {
	const schema = schemaOf(feedback, collection('sensor_values', [field('id')], { accountability: null }));
	const found = await context({ schema, hasWebSockets: false, relay: null });
	await found.database('directus_flows').insert([
		{ id: '1', name: 'Ask for a rating', status: 'inactive', trigger: 'webhook' },
		{ id: '2', name: 'Publish it', status: 'inactive', trigger: 'event' },
		{ id: '3', name: 'Somebody else', status: 'inactive', trigger: 'event' },
		{ id: '4', name: 'At work', status: 'active', trigger: 'webhook' },
	]);
	await found.database('directus_operations').insert({ flow: '2', type: 'publish-event' });

	const checks = await setupCheck(found);

	expect(troubles(checks)).toEqual([
		['relay', 'danger'],
		['accountability', 'warning'],
		['flows', 'warning'],
		['live_updates', 'warning'],
	]);
	expect(checks.find(({ check }) => check === 'accountability')?.names).toEqual(['sensor_values']);
	expect(checks.find(({ check }) => check === 'flows')?.names).toEqual(['Ask for a rating', 'Publish it']);
});

test.each([
	[null, 'missing'],
	[{ status: 'suspended', token: 'x' }, 'suspended'],
	[{ status: 'active', token: null }, 'no token'],
])('a service account like %o cannot write back', async (user, detail) => {
	const found = await context();
	await found.database('directus_users').delete();
	if (user !== null) await found.database('directus_users').insert({ id: SERVICE_ACCOUNT, ...user });

	const check = (await setupCheck(found)).find((each) => each.check === 'service_account');

	expect(check).toMatchObject({ status: 'danger', detail });
});

test('a sidecar of another protocol or version is told apart, with both numbers', () => {
	const checks = sidecarChecks({ state: 'asked', overview: sidecarOverview({ protocol: '2', version: '9.9.9' }) });

	expect(troubles(checks)).toEqual([
		['protocol', 'danger'],
		['version', 'warning'],
	]);
	expect(checks.find(({ check }) => check === 'protocol')?.detail).toBe('extension 1, sidecar 2');
});

test('what keeps the sidecar from being ready is named', () => {
	const hindrances = ['event-bridge-tickets: cannot receive'];

	const checks = sidecarChecks({ state: 'asked', overview: sidecarOverview({ ready: false, hindrances }) });

	expect(checks.find(({ check }) => check === 'ready')).toMatchObject({ status: 'danger', names: hindrances });
});

test('of a sidecar that is away nothing else is claimed', () => {
	expect(troubles(sidecarChecks({ state: 'away', message: 'no' }))).toEqual([
		['sidecar', 'danger'],
		['protocol', 'unknown'],
		['version', 'unknown'],
		['ready', 'unknown'],
	]);
	expect(troubles(sidecarChecks({ state: 'off', message: 'no' }))[0]).toEqual(['sidecar', 'unknown']);
});

test('a relay that fails says why', () => {
	expect(relayCheck({ failures: 2, lastError: 'the sidecar answered 401' })).toMatchObject({
		status: 'danger',
		detail: 'the sidecar answered 401',
	});
});
