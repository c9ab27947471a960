import { HttpClient } from '../lib/http.js';
import { withoutValues } from '../lib/without-values.js';
import { backoffMs } from './backoff.js';
import { Pace } from './pace.js';
import { purge } from './purge.js';
import { sendBatch, type SendContext, type Sent } from './send-batch.js';

/** From a commit to its request: enough for the commits that follow at once to travel along. */
const NUDGE_MS = 10;
const PURGE_INTERVAL_MS = 60_000;

export interface RelayHealth {
	failures: number;
	lastError: string | null;
}

/**
 * Moves outbox rows to the sidecar, one request at a time: soon after a nudge, and by polling for what no nudge told.
 * Each process has one; leases keep them apart. Never throws into a save, and never keeps the process alive.
 */
export class Relay {
	readonly #context: SendContext;
	readonly #http: Pick<HttpClient, 'post' | 'close'>;
	readonly #pace: Pick<Pace, 'next'>;
	#isStarted = false;
	#isSending = false;
	#isNudged = false;
	#failures = 0;
	#lastError: string | null = null;
	#countMax: number;
	/** No request before this time: the pace in good times, the backoff in bad ones. */
	#notBefore = 0;
	#wakeAt = Infinity;
	#wakeTimer: NodeJS.Timeout | undefined;
	#purgeTimer: NodeJS.Timeout | undefined;

	constructor(
		context: Omit<SendContext, 'http'>,
		http: Pick<HttpClient, 'post' | 'close'> = new HttpClient(),
		pace: Pick<Pace, 'next'> = new Pace(),
	) {
		this.#http = http;
		this.#pace = pace;
		this.#context = { ...context, http };
		this.#countMax = context.settings.batchMax;
	}

	get isStarted(): boolean {
		return this.#isStarted;
	}

	/** How it goes now: failed rounds in a row, and why the last one failed. */
	get health(): RelayHealth {
		return { failures: this.#failures, lastError: this.#lastError };
	}

	start(): void {
		if (this.#isStarted) return;
		this.#isStarted = true;
		this.#wake(0);
		this.#purgeTimer = setInterval(() => void this.#purge(), PURGE_INTERVAL_MS).unref();
	}

	/** Stops for good. Rows of a request that is under way stay leased until the lease ends; then they are sent again. */
	stop(): void {
		this.#isStarted = false;
		clearTimeout(this.#wakeTimer);
		clearInterval(this.#purgeTimer);
		this.#http.close();
	}

	/** Tells that something was committed. Cheap, and safe to call a thousand times. */
	nudge(): void {
		this.#isNudged = true;
		this.#wake(NUDGE_MS);
	}

	#wake(delayMs: number): void {
		if (!this.#isStarted || this.#isSending) return;
		const at = Math.max(Date.now() + delayMs, this.#notBefore);
		if (at >= this.#wakeAt) return;

		clearTimeout(this.#wakeTimer);
		this.#wakeAt = at;
		this.#wakeTimer = setTimeout(() => void this.#round(), at - Date.now()).unref();
	}

	async #round(): Promise<void> {
		this.#wakeAt = Infinity;
		this.#isSending = true;
		this.#isNudged = false;
		this.#notBefore = Date.now() + this.#pace.next();
		// What was refused may have been one row that is gone by now.
		this.#countMax = Math.min(this.#context.settings.batchMax, this.#countMax * 2);
		try {
			const sent = await this.#drain();
			if (sent.kind === 'away') this.#backOff(sent.reason, sent.retryAfterMs);
		} catch (error) {
			this.#backOff(`the outbox cannot be used: ${withoutValues(error).message}`, null);
		}
		this.#isSending = false;
		this.#wake(this.#isNudged ? NUDGE_MS : this.#context.settings.pollIntervalMs);
	}

	/** Sends until nothing is due or something is wrong. */
	async #drain(): Promise<Sent> {
		for (;;) {
			const sent = await sendBatch(this.#countMax, this.#context);
			if (sent.kind === 'refused') this.#countMax = Math.max(1, Math.floor(sent.rows / 2));
			if (sent.kind === 'delivered') this.#recover();

			const goesOn = sent.kind === 'refused' || (sent.kind === 'delivered' && sent.isFull);
			if (!goesOn || !this.#isStarted) return sent;
		}
	}

	#backOff(reason: string, retryAfterMs: number | null): void {
		this.#failures += 1;
		this.#lastError = reason;
		const delayMs = retryAfterMs ?? backoffMs(this.#failures);
		this.#notBefore = Date.now() + delayMs;
		// Polling must not put off the next try, and a nudge cannot bring it forward.
		this.#isNudged = true;
		// Once per outage, not per attempt. A relay that is told to stop is not an outage.
		if (this.#failures > 1 || !this.#isStarted) return;
		this.#context.logger.warn({ reason }, `event bridge: changes wait in the outbox: ${reason}`);
	}

	#recover(): void {
		if (this.#failures === 0) return;
		this.#context.logger.info({ attempts: this.#failures }, 'event bridge: the sidecar takes changes again');
		this.#failures = 0;
		this.#lastError = null;
	}

	async #purge(): Promise<void> {
		try {
			await purge(this.#context.database, this.#context.settings, { isWanted: () => this.#isStarted });
		} catch (error) {
			if (this.#isStarted)
				this.#context.logger.warn(withoutValues(error), 'event bridge: old rows could not be deleted');
		}
	}
}
