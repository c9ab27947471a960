import type { SidecarAdmin } from './sidecar-admin.js';

/** Listing takes letters out of sight for a moment: so it is done once for all cards that are open. */
const GOOD_FOR_MS = 15_000;

/** Remembers for a moment which events are among the dead letters. Knows of none when the sidecar cannot be asked. */
export class KnownDeaths {
	readonly #sidecar: Pick<SidecarAdmin, 'isConfigured' | 'deadLetters'>;
	#known: Promise<ReadonlyMap<string, string>> = Promise.resolve(new Map());
	#until = 0;

	constructor(sidecar: Pick<SidecarAdmin, 'isConfigured' | 'deadLetters'>) {
		this.#sidecar = sidecar;
	}

	/** The reason, a word; `null` when the event is not known to be dead. */
	async of(eventId: string, now = Date.now()): Promise<string | null> {
		if (!this.#sidecar.isConfigured) return null;
		if (now >= this.#until) {
			this.#until = now + GOOD_FOR_MS;
			this.#known = this.#ask();
		}
		return (await this.#known).get(eventId) ?? null;
	}

	async #ask(): Promise<ReadonlyMap<string, string>> {
		try {
			const { letters } = await this.#sidecar.deadLetters({});
			return new Map(letters.flatMap(({ eventId, reason }) => (eventId === null ? [] : [[eventId, reason]])));
		} catch {
			// Whoever looks at an item is not the one to mend the sidecar: the module says what is wrong.
			return new Map();
		}
	}
}
