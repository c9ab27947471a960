import { expect, test } from 'vitest';
import type { SidecarOverview } from '../../lib/studio.js';
import { LEDGER, OUTBOX } from '../../lib/tables.js';
import { insertRows } from '../../testing/outbox-rows.js';
import { sidecarOverview } from '../../testing/sidecar-overview.js';
import { openDirectusLike } from '../../testing/sqlite.js';
import { overview } from './overview.js';

const NOW = 1_000_000;
const answering = { isConfigured: true, overview: async () => sidecarOverview() };

async function failing(): Promise<SidecarOverview> {
	throw new Error('it is raining');
}

test('the last minute is counted, and nothing older', async () => {
	const database = await openDirectusLike();
	await insertRows(database, 4, { created_at: NOW - 61_000 });
	await database(OUTBOX)
		.where('id', '<=', 2)
		.update({ state: 'published', settled_at: NOW - 1_000 });
	await database(OUTBOX)
		.where('id', 1)
		.update({ settled_at: NOW - 61_000 });
	await database(OUTBOX).where('id', 3).update({ state: 'rejected', settled_at: NOW, created_at: NOW });
	const effect = { event_id: 'e', reaction: 'enrich', collection: 'feedback', item: '1', sequence: 1 };
	await database(LEDGER).insert([
		{ ...effect, effect_id: 'old', created_at: NOW - 61_000 },
		{ ...effect, effect_id: 'new', created_at: NOW },
	]);

	const told = await overview({ database, relay: null, sidecar: answering }, NOW);

	expect(told.lastMinute).toEqual({ recorded: 1, published: 1, rejected: 1, applied: 1 });
	expect(told.outbox).toMatchObject({ pending: 1, oldestPendingAgeMs: 61_000 });
	expect(told.sidecar).toMatchObject({ state: 'asked', overview: { bus: 'event-bridge' } });
});

test.each([
	[true, 'away'],
	[false, 'off'],
])(
	'a sidecar that cannot be asked (configured: %s) is %s, with the reason, and the rest is told',
	async (isConfigured, state) => {
		const database = await openDirectusLike();
		const told = await overview({ database, relay: null, sidecar: { isConfigured, overview: failing } }, NOW);

		expect(told.sidecar).toEqual({ state, message: 'it is raining' });
		expect(told.outbox.pending).toBe(0);
	},
);
