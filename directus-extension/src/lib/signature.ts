import { createHmac } from 'node:crypto';

/**
 * Signs a request by Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`, one signature for every key,
 * so that the receiver may hold either one while a secret is being rotated. `timestamp` is in seconds.
 */
export function sign(keys: readonly Buffer[], id: string, timestamp: number, body: string): string {
	return keys
		.map((key) => `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`)
		.join(' ');
}
