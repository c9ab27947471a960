/** How numbers and times are written; always in English, like the strings around them. */

const NUMBER = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });
const COMPACT = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });
const DATE = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'medium' });
const LANGUAGES = new Intl.DisplayNames('en', { type: 'language' });

const SECOND_MS = 1_000;
const UNITS: [unit: string, ms: number][] = [
	['d', 86_400_000],
	['h', 3_600_000],
	['min', 60_000],
	['s', SECOND_MS],
];

/** `1,234`, or `1.2M` where nobody counts any more. */
export function number(value: number): string {
	return Math.abs(value) < 100_000 ? NUMBER.format(value) : COMPACT.format(value);
}

/** The largest unit that is worth a name: `41 ms`, `3 s`, `2 min`, `5 h`, `3 d`. */
export function duration(ms: number): string {
	const found = UNITS.find(([, unitMs]) => ms >= unitMs);
	if (found === undefined) return `${Math.round(ms)} ms`;
	const [unit, unitMs] = found;
	return `${Math.floor(ms / unitMs)} ${unit}`;
}

/** How long ago something was; clocks that differ a little make nothing happen in the future. */
export function ago(at: string, now: number): string {
	const ms = now - Date.parse(at);
	return ms < 5 * SECOND_MS ? 'just now' : `${duration(ms)} ago`;
}

export function date(at: string): string {
	return DATE.format(new Date(at));
}

/** `+0.42`, `-0.84`, `0`. */
export function score(value: number): string {
	const rounded = Math.round(value * 100) / 100;
	return rounded > 0 ? `+${rounded}` : String(rounded);
}

export function percent(share: number): string {
	return `${Math.round(share * 100)} %`;
}

/** The English name of an ISO 639 code; the code where nobody knows it. */
export function language(code: string): string {
	try {
		return LANGUAGES.of(code) ?? code;
	} catch {
		return code;
	}
}

/** `speaks_of_money` and `dead-lettered` as words. */
export function words(name: string): string {
	const text = name.replaceAll(/[_-]+/g, ' ').trim();
	return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Cuts a text where a box of this width ends, by the average width of its letters. */
export function fit(text: string, widthPx: number, letterPx: number): string {
	const lettersMax = Math.max(1, Math.floor(widthPx / letterPx));
	return text.length <= lettersMax ? text : `${text.slice(0, lettersMax - 1)}…`;
}

/** The trace's id within a `traceparent`. */
export function traceId(traceparent: string | null): string | null {
	return traceparent?.split('-')[1] ?? null;
}
