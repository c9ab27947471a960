import type { Knex } from 'knex';
import { LEDGER, OUTBOX } from '../../lib/tables.js';
import type { Overview } from '../../lib/studio.js';
import { PROTOCOL } from '../../relay/deliver.js';
import type { RelayHealth } from '../../relay/relay.js';
import { outboxFigures } from '../outbox-figures.js';
import type { SidecarAdmin } from './sidecar-admin.js';
import { version } from './version.js';

const MINUTE_MS = 60_000;

export interface OverviewContext {
	database: Knex;
	relay: RelayHealth | null;
	sidecar: Pick<SidecarAdmin, 'isConfigured' | 'overview'>;
}

/** The whole pipeline in one answer. A sidecar that cannot be asked is a part of the picture, not a failure. */
export async function overview({ database, relay, sidecar }: OverviewContext, now = Date.now()): Promise<Overview> {
	const [outbox, lastMinute, asked] = await Promise.all([
		outboxFigures(database, now),
		lastMinuteOf(database, now),
		ask(sidecar),
	]);
	return { extension: { version, protocol: PROTOCOL }, outbox, lastMinute, relay, sidecar: asked };
}

/** The sidecar's own picture, or why there is none. */
export async function ask(sidecar: OverviewContext['sidecar']): Promise<Overview['sidecar']> {
	try {
		return { state: 'asked', overview: await sidecar.overview() };
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		return { state: sidecar.isConfigured ? 'away' : 'off', message };
	}
}

/** Reads nothing but what the indices over time hold of the last minute. */
async function lastMinuteOf(database: Knex, now: number): Promise<Overview['lastMinute']> {
	const since = now - MINUTE_MS;
	const settled = (state: string): Knex.QueryBuilder =>
		database(OUTBOX).where({ state }).where('settled_at', '>=', since);
	const [recorded, published, rejected, applied] = await Promise.all([
		count(database(OUTBOX).where('created_at', '>=', since)),
		count(settled('published')),
		count(settled('rejected')),
		count(database(LEDGER).where('created_at', '>=', since)),
	]);
	return { recorded, published, rejected, applied };
}

async function count(query: Knex.QueryBuilder): Promise<number> {
	const [counted]: { count: number | string }[] = await query.count({ count: '*' });
	return Number(counted?.count ?? 0);
}
