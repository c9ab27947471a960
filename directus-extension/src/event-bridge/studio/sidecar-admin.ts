import { createError, ForbiddenError, InvalidPayloadError, ServiceUnavailableError } from '@directus/errors';
import type { Answer, HttpClient } from '../../lib/http.js';
import { SETTINGS, type Settings } from '../../lib/settings.js';
import type { DeadLetters, Performed, SidecarOverview, WantedLetters, WholeDeadLetter } from '../../lib/studio.js';

/** A thousand letters of each of ten routes. */
const ANSWER_BYTES_MAX = 8_000_000;
/** Somebody looks at a page that waits for it. */
const OVERVIEW_TIMEOUT_MS = 5_000;
/** The sidecar gives up after a minute and says so. */
const LETTERS_TIMEOUT_MS = 65_000;

export const NoSuchLetterError = createError<{ reason: string }>('NO_SUCH_LETTER', ({ reason }) => reason, 404);

/** Asks the sidecar's admin API for these five things and nothing else. */
export class SidecarAdmin {
	readonly #http: Pick<HttpClient, 'get' | 'post'>;
	readonly #settings: Pick<Settings, 'adminUrl' | 'adminToken'>;

	constructor(settings: Pick<Settings, 'adminUrl' | 'adminToken'>, http: Pick<HttpClient, 'get' | 'post'>) {
		this.#settings = settings;
		this.#http = http;
	}

	/** Whether there is anybody to ask. */
	get isConfigured(): boolean {
		return this.#settings.adminUrl !== null && this.#settings.adminToken !== null;
	}

	async overview(): Promise<SidecarOverview> {
		return await this.#ask<SidecarOverview>('/v1/overview', OVERVIEW_TIMEOUT_MS);
	}

	async deadLetters(filter: Record<string, string>): Promise<DeadLetters> {
		const query = new URLSearchParams(filter).toString();
		return await this.#ask<DeadLetters>(`/v1/dead-letters${query && `?${query}`}`, LETTERS_TIMEOUT_MS);
	}

	async deadLetter(id: string): Promise<WholeDeadLetter> {
		return await this.#ask<WholeDeadLetter>(`/v1/dead-letters/${encodeURIComponent(id)}`, LETTERS_TIMEOUT_MS);
	}

	async perform(what: 'redrive' | 'discard', wanted: WantedLetters): Promise<Performed> {
		return await this.#ask<Performed>(`/v1/dead-letters/${what}`, LETTERS_TIMEOUT_MS, JSON.stringify(wanted));
	}

	async #ask<Told>(path: string, timeoutMs: number, body?: string): Promise<Told> {
		const { adminUrl, adminToken } = this.#settings;
		if (adminUrl === null || adminToken === null) {
			throw unavailable(`${SETTINGS.adminUrl.key} and ${SETTINGS.adminToken.key} are not set`);
		}
		const headers = { authorization: `Bearer ${adminToken}`, accept: 'application/json' };
		const exchange = { headers, timeoutMs, answerBytesMax: ANSWER_BYTES_MAX };
		let answer: Answer;
		try {
			answer = await (body === undefined
				? this.#http.get(adminUrl + path, exchange)
				: this.#http.post(adminUrl + path, {
						...exchange,
						headers: { ...headers, 'content-type': 'application/json' },
						body,
					}));
		} catch (error) {
			throw unavailable(`the sidecar cannot be reached: ${reasonOf(error)}`);
		}
		const told = parsed(answer.body);
		if (answer.status !== 200) throw refusal(answer.status, detailOf(told));
		if (typeof told !== 'object' || told === null) throw unavailable('the sidecar answered something that is no JSON');
		// The sidecar's own contract tests hold it to this shape.
		// oxlint-disable-next-line typescript/no-unsafe-type-assertion
		return told as Told;
	}
}

/** What the sidecar's refusal means to whoever asked in the Studio. */
function refusal(status: number, detail: string | null): Error {
	switch (status) {
		case 400:
		case 413:
		case 422:
			return new InvalidPayloadError({ reason: detail ?? 'the sidecar does not understand it' });
		case 401:
			return unavailable(`the sidecar does not know the token in ${SETTINGS.adminToken.key}`);
		case 403:
			return new ForbiddenError();
		case 404:
			return detail === null
				? unavailable(`nothing at ${SETTINGS.adminUrl.key} answers as a sidecar's admin API does`)
				: new NoSuchLetterError({ reason: detail });
		case 408:
			return unavailable('the sidecar took too long; nobody knows how far it came, look again');
		default:
			return unavailable(detail ?? `the sidecar answered ${status}`);
	}
}

function unavailable(reason: string): Error {
	return new ServiceUnavailableError({ service: 'sidecar', reason });
}

function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	if (error.name === 'TimeoutError' || error.name === 'AbortError') return 'it did not answer in time';
	return 'code' in error ? String(error.code) : error.message;
}

function parsed(body: string): unknown {
	try {
		return JSON.parse(body);
	} catch {
		return null;
	}
}

function detailOf(told: unknown): string | null {
	const error = typeof told === 'object' && told !== null && 'error' in told ? told.error : null;
	const detail = typeof error === 'object' && error !== null && 'detail' in error ? error.detail : null;
	return typeof detail === 'string' ? detail : null;
}
