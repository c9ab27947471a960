import type { Knex } from 'knex';
import type { Logger } from '../lib/logger.js';
import type { Settings } from '../lib/settings.js';
import { fillBatch, type Batch } from './batch.js';
import { deliver, type Delivery } from './deliver.js';
import type { HttpClient } from '../lib/http.js';
import { leaseRows, releaseRows, type Lease } from './lease.js';
import { postpone, reject, settle } from './settle.js';
import type { ChangeVerdict } from './verdicts.js';

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
	/** Refused as a whole, perhaps because of one row: try fewer. */
	| { kind: 'refused'; rows: number }
	| { kind: 'away'; reason: string; retryAfterMs: number | null };

/** A batch of which nothing passed is no row's fault. This is soon enough to try the next one. */
const STALLED_MS = 2000;

/** Leases up to `count` rows, sends them and settles each by its verdict. Rows it cannot settle are given back. */
export async function sendBatch(count: number, context: SendContext): Promise<Sent> {
	const { database, settings, http } = context;
	const bounds = { count, bytesMax: settings.batchBytesMax, leaseMs: settings.leaseMs };
	const { owner, rows: leasedRows } = await leaseRows(database, bounds);
	if (leasedRows.length === 0) return { kind: 'nothing_due' };

	const batch = fillBatch(leasedRows, { ...settings, batchMax: count });
	await releaseRows(database, owner, batch.left);

	const lease = { owner, rows: batch.rows };
	const delivery = await deliver(batch, settings, http);
	switch (delivery.kind) {
		case 'judged':
			await settle(lease, delivery.verdicts, context);
			if (isStalled(delivery.verdicts)) {
				return { kind: 'away', reason: 'the sidecar can pass none of them on', retryAfterMs: STALLED_MS };
			}
			return { kind: 'delivered', isFull: leasedRows.length === count || isFullOfBytes(batch, settings) };
		case 'too_large':
		case 'refused':
			if (lease.rows.length === 1) return await blame(lease, delivery, context);
			await releaseRows(database, owner, lease.rows);
			return { kind: 'refused', rows: lease.rows.length };
		case 'away':
			await releaseRows(database, owner, lease.rows);
			return delivery;
	}
}

/** Takes the one row that was refused alone out of the others' way: for ever where it is wrong itself. */
async function blame(
	lease: Lease,
	delivery: Extract<Delivery, { kind: 'too_large' | 'refused' }>,
	context: SendContext,
): Promise<Sent> {
	if (delivery.kind === 'too_large') {
		await reject(lease, { code: 'too_large', detail: 'the sidecar takes no request of this size' }, context);
		return { kind: 'delivered', isFull: true };
	}
	if (!lease.rows.every(({ payload }) => isJson(payload))) {
		await reject(lease, { code: 'unreadable', detail: 'the stored payload is not JSON' }, context);
		return { kind: 'delivered', isFull: true };
	}
	await postpone(lease, { code: delivery.code }, context);
	return { kind: 'away', reason: delivery.reason, retryAfterMs: null };
}

/** One row alone may be at fault by itself, and waits by itself. */
function isStalled(verdicts: readonly ChangeVerdict[]): boolean {
	return verdicts.length > 1 && verdicts.every(({ verdict }) => verdict === 'retry');
}

/** The lease stops before a row that does not fit; such a row is seldom larger than half a request. */
function isFullOfBytes({ body, left }: Batch, { batchBytesMax }: Settings): boolean {
	return left.length > 0 || Buffer.byteLength(body) > batchBytesMax / 2;
}

function isJson(text: string): boolean {
	try {
		JSON.parse(text);
		return true;
	} catch {
		return false;
	}
}
