import { strings } from '../app/strings.js';
import { OUTBOX_STATES, type OutboxState } from '../lib/studio.js';

/** Requests that "all" may take: ten thousand rows each. */
const REQUESTS_MAX = 100;

/** The state that a link names; all states otherwise. */
export function stateFrom(value: unknown): OutboxState | null {
	return OUTBOX_STATES.find((state) => state === value) ?? null;
}

export function queryOf(state: OutboxState | null, search: string, limit: number): Record<string, string | number> {
	return { limit, ...(state !== null && { state }), ...(search !== '' && { search }) };
}

/** Why there is nothing to see. */
export function emptyNote(state: OutboxState | null, search: string): string {
	return strings.outbox.emptyNote[search === '' ? (state ?? 'all') : 'search'];
}

/** Makes these rows pending again, or with `null` all that were rejected, page by page; returns how many. */
export async function resendOf(
	ids: ReadonlySet<string> | null,
	post: (body: object) => Promise<{ resent: number; next: number | null }>,
): Promise<number> {
	if (ids !== null) return (await post({ ids: [...ids].map(Number) })).resent;

	let resent = 0;
	let after: number | null = 0;
	for (let request = 0; request < REQUESTS_MAX && after !== null; request += 1) {
		const page: { resent: number; next: number | null } = await post({ all: true, after });
		resent += page.resent;
		after = page.next;
	}
	return resent;
}
