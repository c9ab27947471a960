import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { HttpClient } from './http.js';

let server: Server;
const client = new HttpClient();
const request = { headers: { 'x-test': 'yes' }, body: '{"text":"naïve 💥"}', timeoutMs: 2000 };

afterEach(() => {
	server.closeAllConnections();
	server.close();
});

async function listen(listener: RequestListener): Promise<string> {
	server = createServer(listener).listen(0, '127.0.0.1');
	await new Promise((resolve) => server.once('listening', resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('the body arrives whole, and the answer comes back whole', async () => {
	const url = await listen(async (incoming, response) => {
		const chunks = await incoming.toArray();
		response
			.writeHead(202, { 'retry-after': '3' })
			.end(`${String(incoming.headers['x-test'])} ${Buffer.concat(chunks).toString()}`);
	});

	const answer = await client.post(url, request);

	expect(answer).toMatchObject({ status: 202, headers: { 'retry-after': '3' }, body: `yes ${request.body}` });
});

test('connections are kept', async () => {
	const ports = new Set<number | undefined>();
	const url = await listen((incoming, response) => {
		ports.add(incoming.socket.remotePort);
		response.end('{}');
	});

	await client.post(url, request);
	await client.post(url, request);

	expect(ports.size).toBe(1);
});

test('an answer that takes too long is given up, even when it has begun', async () => {
	const url = await listen((_incoming, response) => {
		response.writeHead(200).write('{');
	});

	await expect(client.post(url, { ...request, timeoutMs: 50 })).rejects.toThrow();
});

test('an answer without end is given up', async () => {
	const url = await listen((_incoming, response) => {
		response.end('x'.repeat(1_000_001));
	});

	await expect(client.post(url, request)).rejects.toThrow('longer than');
});

test('a closed connection is an error', async () => {
	const url = await listen((incoming) => incoming.socket.destroy());

	await expect(client.post(url, request)).rejects.toThrow();
});
