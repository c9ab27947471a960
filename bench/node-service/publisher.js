// Full batches, a bounded number of calls at once, and another attempt for failed entries only.
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from 'node:http';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { NodeHttpHandler } from '@smithy/node-http-handler';

const ENTRIES_MAX = 10;
const BYTES_MAX = 1_000_000;
const CALLS_MAX = 8;
const ATTEMPTS_MAX = 6;
const PERMANENT = new Set(['InvalidArgument', 'MalformedDetail']);

export class Publisher {
	#client = new EventBridgeClient({
		maxAttempts: 1,
		requestHandler: new NodeHttpHandler({
			httpAgent: new Agent({ keepAlive: true, maxSockets: CALLS_MAX }),
			requestTimeout: 5_000,
		}),
	});
	#bus;
	#calls = 0;
	#waiting = [];

	constructor(bus) {
		this.#bus = bus;
	}

	entry(event) {
		const { collection, key } = event.subject;
		return {
			EventBusName: this.#bus,
			Source: 'directus',
			DetailType: event.eventType,
			Time: new Date(event.occurredAt),
			Resources: [`directus:${collection}/${key}`],
			Detail: JSON.stringify(event),
		};
	}

	/** Publishes all entries and returns those that failed. */
	async publish(entries) {
		const failures = await Promise.all(batches(entries).map((batch) => this.#publishBatch(batch)));
		return failures.flat();
	}

	async #publishBatch(batch) {
		const failures = [];
		for (let attempt = 1; batch.length > 0; attempt++) {
			const results = await this.#put(batch);
			const again = [];
			batch.forEach((item, index) => {
				const { ErrorCode: code, ErrorMessage: detail } = results[index];
				if (!code) return;
				if (PERMANENT.has(code)) failures.push({ index: item.index, error: { code: 'bus', detail } });
				else if (attempt === ATTEMPTS_MAX) failures.push({ index: item.index, error: { code: 'bus_unavailable', detail } });
				else again.push(item);
			});
			batch = again;
			if (batch.length > 0) await sleep(Math.random() * Math.min(5_000, 200 * 2 ** attempt));
		}
		return failures;
	}

	async #put(batch) {
		await this.#acquire();
		try {
			const command = new PutEventsCommand({ Entries: batch.map(({ entry }) => entry) });
			const { Entries } = await this.#client.send(command);
			return Entries;
		} catch (error) {
			return batch.map(() => ({ ErrorCode: error.name, ErrorMessage: error.message }));
		} finally {
			this.#release();
		}
	}

	async #acquire() {
		if (this.#calls < CALLS_MAX) this.#calls++;
		else await new Promise((resolve) => this.#waiting.push(resolve));
	}

	#release() {
		const next = this.#waiting.shift();
		if (next) next();
		else this.#calls--;
	}
}

function batches(entries) {
	const result = [];
	let bytes = Infinity;
	for (const item of entries) {
		const { Source, DetailType, Detail, Resources } = item.entry;
		const size = 14 + [Source, DetailType, Detail, ...Resources].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
		if (bytes + size > BYTES_MAX || result.at(-1).length === ENTRIES_MAX) {
			result.push([]);
			bytes = 0;
		}
		result.at(-1).push(item);
		bytes += size;
	}
	return result;
}
