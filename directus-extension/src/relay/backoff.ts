const DELAY_MIN_MS = 1000;
const DELAY_MAX_MS = 60_000;

/** The wait after the n-th failure in a row: doubling from 1 s to 60 s, with full jitter, so that processes spread out. */
export function backoffMs(failures: number, random: () => number = Math.random): number {
	return random() * Math.min(DELAY_MAX_MS, DELAY_MIN_MS * 2 ** (failures - 1));
}

/** The wait that a `Retry-After` header asks for, in seconds or as a date; `null` when it says nothing of use. */
export function retryAfterMs(header: string | undefined, now = Date.now()): number | null {
	if (header === undefined) return null;
	const seconds = Number(header);
	const delayMs = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1000;
	// "0" would mean a hot loop, and a far date a relay that sleeps for ever.
	return Number.isNaN(delayMs) || delayMs <= 0 ? null : Math.min(delayMs, DELAY_MAX_MS);
}
