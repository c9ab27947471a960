import { randomUUID } from 'node:crypto';
import type { Settings } from '../lib/settings.js';
import { sign } from '../lib/signature.js';
import { retryAfterMs } from './backoff.js';
import type { Batch } from './batch.js';
import type { Answer, HttpClient } from '../lib/http.js';
import { parseVerdicts, type ChangeVerdict } from './verdicts.js';

/** The protocol that this extension speaks; a sidecar that speaks another one answers 426. */
export const PROTOCOL = '1';

/** Statuses that a single row can cause. Others speak of the sender, or of the sidecar as a whole. */
const REFUSALS = new Set([400, 422, 500]);

/** What became of one request. Each kind is a decision of the relay. */
export type Delivery =
	| { kind: 'judged'; verdicts: ChangeVerdict[] }
	| { kind: 'too_large' }
	/** The sidecar cannot read it, or fails over it: perhaps because of one row, perhaps of all. */
	| { kind: 'refused'; reason: string; code: string }
	/** Nothing is known to have been taken: all of it is to be sent again, later. */
	| { kind: 'away'; reason: string; retryAfterMs: number | null };

/** Sends one batch and never throws: whatever goes wrong means that the sidecar is away. */
export async function deliver(
	batch: Batch,
	settings: Pick<Settings, 'sidecarUrl' | 'secrets' | 'timeoutMs'>,
	http: Pick<HttpClient, 'post'>,
): Promise<Delivery> {
	const id = randomUUID();
	const timestamp = Math.floor(Date.now() / 1000);
	try {
		const answer = await http.post(`${settings.sidecarUrl}/v1/changes`, {
			headers: {
				'content-type': 'application/json',
				'event-bridge-protocol': PROTOCOL,
				'webhook-id': id,
				'webhook-timestamp': String(timestamp),
				'webhook-signature': sign(settings.secrets, id, timestamp, batch.body),
			},
			body: batch.body,
			timeoutMs: settings.timeoutMs,
		});
		return judge(answer, batch);
	} catch (error) {
		return { kind: 'away', reason: error instanceof Error ? error.message : String(error), retryAfterMs: null };
	}
}

function judge(answer: Answer, batch: Batch): Delivery {
	if (answer.status === 200) return { kind: 'judged', verdicts: parseVerdicts(answer.body, batch.rows) };
	if (answer.status === 413) return { kind: 'too_large' };
	const reason = `the sidecar answered ${answer.status}`;
	if (REFUSALS.has(answer.status)) return { kind: 'refused', reason, code: `http_${answer.status}` };
	return {
		kind: 'away',
		reason,
		retryAfterMs: retryAfterMs(answer.headers['retry-after']),
	};
}
