/** Asks again and again while somebody looks, one question at a time. */
export class Poller {
	readonly #ask: () => Promise<void>;
	readonly #intervalMs: () => number;
	#timer: ReturnType<typeof setTimeout> | undefined;
	#isStarted = false;
	#isAsking = false;
	#isWanted = false;

	/** `ask` never rejects; the interval is asked for anew each time. */
	constructor(ask: () => Promise<void>, intervalMs: () => number) {
		this.#ask = ask;
		this.#intervalMs = intervalMs;
	}

	/** Asks at once, and goes on. */
	start(): void {
		if (this.#isStarted) return;
		this.#isStarted = true;
		this.now();
	}

	/** An answer that is on its way still comes. */
	stop(): void {
		this.#isStarted = false;
		this.#isWanted = false;
		clearTimeout(this.#timer);
	}

	/** Asks now, or right after the question that is under way: its answer may be older than the wish. */
	now(): void {
		if (this.#isAsking) {
			this.#isWanted = true;
			return;
		}
		clearTimeout(this.#timer);
		void this.#round();
	}

	async #round(): Promise<void> {
		this.#isAsking = true;
		this.#isWanted = false;
		await this.#ask();
		this.#isAsking = false;
		if (this.#isWanted) void this.#round();
		else if (this.#isStarted) this.#timer = setTimeout(() => void this.#round(), this.#intervalMs());
	}
}
