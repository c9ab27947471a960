import { request as httpRequest, Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as HttpsAgent } from 'node:https';
import { Transform } from 'node:stream';
import { text } from 'node:stream/consumers';

const ANSWER_BYTES_MAX = 1_000_000;

/** What is asked, and how long and how large the answer may be. */
export interface Exchange {
	headers: Record<string, string>;
	/** Left out: nothing is sent along. */
	body?: string;
	timeoutMs: number;
	answerBytesMax?: number;
}

export interface Answer {
	status: number;
	headers: IncomingMessage['headers'];
	body: string;
}

/** Asks over connections that are kept, with a deadline for the whole exchange. */
export class HttpClient {
	readonly #http = new HttpAgent({ keepAlive: true, maxSockets: 2 });
	readonly #https = new HttpsAgent({ keepAlive: true, maxSockets: 2 });

	async post(url: string, exchange: Exchange & { body: string }): Promise<Answer> {
		return await this.#exchange('POST', url, exchange);
	}

	async get(url: string, exchange: Exchange): Promise<Answer> {
		return await this.#exchange('GET', url, exchange);
	}

	async #exchange(method: string, url: string, { headers, body, timeoutMs, ...bounds }: Exchange): Promise<Answer> {
		const secure = url.startsWith('https:');
		const signal = AbortSignal.timeout(timeoutMs);
		const response = await new Promise<IncomingMessage>((resolve, reject) => {
			const options = { method, agent: secure ? this.#https : this.#http, signal };
			const request = (secure ? httpsRequest : httpRequest)(url, options, resolve);
			request.on('error', reject);
			if (body !== undefined) request.setHeader('content-length', Buffer.byteLength(body));
			for (const [name, value] of Object.entries(headers)) request.setHeader(name, value);
			request.end(body);
		});
		// The body is always read to its end, or the connection could not be used again.
		const told = await boundedText(response, bounds.answerBytesMax ?? ANSWER_BYTES_MAX);
		return { status: response.statusCode ?? 0, headers: response.headers, body: told };
	}

	close(): void {
		this.#http.destroy();
		this.#https.destroy();
	}
}

async function boundedText(response: IncomingMessage, bytesMax: number): Promise<string> {
	let bytes = 0;
	const bound = new Transform({
		transform(chunk: Buffer, _encoding, done) {
			bytes += chunk.length;
			if (bytes > bytesMax) done(new Error(`the answer is longer than ${bytesMax} bytes`));
			else done(null, chunk);
		},
	});
	response.on('error', (error) => bound.destroy(error));
	bound.on('error', () => response.destroy());
	return await text(response.pipe(bound));
}
