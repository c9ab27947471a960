import type { Batch } from './batch.js';

/** Why the sidecar did not take a change. */
export interface ChangeError {
	code: string;
	detail?: string;
	path?: string;
}

/** What the sidecar decided about one change. */
export interface ChangeVerdict {
	eventId: string;
	verdict: 'published' | 'ignored' | 'rejected' | 'retry';
	error: ChangeError | null;
}

const VERDICTS = ['published', 'ignored', 'rejected', 'retry'] as const;

/**
 * The verdict for each row of a batch. Throws when the answer is not exactly one verdict per row: then nothing is known
 * about any of them, and settling by position would settle the wrong row.
 */
export function parseVerdicts(body: string, rows: Batch['rows']): ChangeVerdict[] {
	const answer: unknown = JSON.parse(body);
	const verdicts = isObject(answer) ? answer['verdicts'] : undefined;
	if (!Array.isArray(verdicts) || verdicts.length !== rows.length) {
		throw new Error(`the answer has not ${rows.length} verdicts`);
	}

	const byEventId = new Map(verdicts.map(parseVerdict).map((verdict) => [verdict.eventId, verdict]));
	return rows.map((row) => {
		const verdict = byEventId.get(row.event_id);
		if (verdict === undefined) throw new Error(`the answer has no verdict for event ${row.event_id}`);
		return verdict;
	});
}

function parseVerdict(value: unknown): ChangeVerdict {
	const { eventId, verdict: word, error } = isObject(value) ? value : {};
	const verdict = VERDICTS.find((candidate) => candidate === word);
	if (typeof eventId !== 'string' || verdict === undefined)
		throw new Error('the answer has a verdict of unknown shape');
	return { eventId, verdict, error: parseError(error) };
}

function parseError(value: unknown): ChangeError | null {
	if (!isObject(value)) return null;
	const { code, detail, path } = value;
	return {
		code: typeof code === 'string' ? code : 'unknown',
		...(typeof detail === 'string' && { detail }),
		...(typeof path === 'string' && { path }),
	};
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === 'object' && value !== null;
}
