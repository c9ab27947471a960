import { expect, test } from 'vitest';
import { insertRows } from '../testing/outbox-rows.js';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { settingsWith } from '../testing/settings.js';
import { openDirectusLike } from '../testing/sqlite.js';
import { health } from './health.js';

test('health tells what waits, what is captured best effort only, and how the relay is', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 2);
	const untracked = { accountability: null };
	const schema = schemaOf(
		feedback,
		collection('sensor_values', [field('id')], untracked),
		collection('unwatched', [field('id')], untracked),
	);
	const relay = { failures: 3, lastError: 'the sidecar answered 503' };
	const settings = settingsWith({ EVENT_BRIDGE_COLLECTIONS: '*,!unwatched' });

	const report = await health({ database, relay, schema, settings });

	expect(report).toMatchObject({
		protocol: '1',
		outbox: { pending: 2, rejected: 0 },
		untracked: ['sensor_values'],
		relay: { failures: 3, lastError: 'the sidecar answered 503' },
	});
});
