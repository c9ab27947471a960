import type { Knex } from 'knex';
import type { Logger } from '../lib/logger.js';
import type { Settings } from '../lib/settings.js';
import { fillBatch } from './batch.js';
import { deliver } from './deliver.js';
import type { HttpClient } from './http.js';
import { leaseRows, releaseRows } from './lease.js';
import { reject, settle } from './settle.js';

export interface SendContext {
	database: Knex;
	logger: Pick<Logger, 'info' | 'warn' | 'error'>;
	settings: Settings;
	http: Pick<HttpClient, 'post'>;
}

/** What one request came to, and so what the relay does next. */
export type Sent =
	| { kind: 'nothing_due' }
	/** Judged and settled; `isFull` means that more rows are probably due. */
	| { kind: 'delivered'; isFull: boolean }
	/** Refused because of its size; try fewer. */
	| { kind: 'too_large'; rows: number }
	| { kind: 'away'; reason: string; retryAfterMs: number | null };

/** Leases up to `count` rows, sends them and settles each by its verdict. Rows it cannot settle are given back. */
export async function sendBatch(count: number, context: SendContext): Promise<Sent> {
	const { database, settings, http } = context;
	const { owner, rows: leasedRows } = await leaseRows(database, { count, leaseMs: settings.leaseMs });
	if (leasedRows.length === 0) return { kind: 'nothing_due' };

	const batch = fillBatch(leasedRows, { ...settings, batchMax: count });
	await releaseRows(database, owner, batch.left);

	const lease = { owner, rows: batch.rows };
	const delivery = await deliver(batch, settings, http);
	switch (delivery.kind) {
		case 'judged':
			await settle(lease, delivery.verdicts, context);
			return { kind: 'delivered', isFull: leasedRows.length === count };
		case 'too_large':
			if (lease.rows.length > 1) {
				await releaseRows(database, owner, lease.rows);
				return { kind: 'too_large', rows: lease.rows.length };
			}
			await reject(lease, { code: 'too_large', detail: 'the sidecar takes no request of this size' }, context);
			return { kind: 'delivered', isFull: true };
		case 'away':
			await releaseRows(database, owner, lease.rows);
			return delivery;
	}
}
