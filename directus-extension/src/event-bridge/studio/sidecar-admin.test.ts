import { expect, test, vi } from 'vitest';
import type { Answer, Exchange } from '../../lib/http.js';
import { SidecarAdmin } from './sidecar-admin.js';

const TOKEN = 'a-token-of-thirty-two-characters';
const settings = { adminUrl: 'http://sidecar.test:8081', adminToken: TOKEN };

interface FakeHttp {
	get: ReturnType<typeof vi.fn<(url: string, exchange: Exchange) => Promise<Answer>>>;
	post: ReturnType<typeof vi.fn<(url: string, exchange: Exchange & { body: string }) => Promise<Answer>>>;
}

async function away(): Promise<Answer> {
	throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:8081'), { code: 'ECONNREFUSED' });
}

function answering(status: number, body: unknown): FakeHttp {
	const answer = async (): Promise<Answer> => ({ status, headers: {}, body: JSON.stringify(body) });
	return { get: vi.fn(answer), post: vi.fn(answer) };
}

test('what is asked carries the token, and the answer comes back as it is', async () => {
	const http = answering(200, { version: '0.1.0' });

	const told = await new SidecarAdmin(settings, http).overview();

	expect(told).toEqual({ version: '0.1.0' });
	const headers = expect.objectContaining({ authorization: `Bearer ${TOKEN}` });
	expect(http.get).toHaveBeenCalledWith('http://sidecar.test:8081/v1/overview', expect.objectContaining({ headers }));
});

test('an id cannot lead to another place of the API', async () => {
	const http = answering(200, {});

	await new SidecarAdmin(settings, http).deadLetter('../overview?x=1');

	expect(http.get.mock.calls[0]?.[0]).toBe('http://sidecar.test:8081/v1/dead-letters/..%2Foverview%3Fx%3D1');
});

test('filters and what is wanted are handed on', async () => {
	const http = answering(200, { done: 1 });
	const sidecar = new SidecarAdmin(settings, http);

	await sidecar.deadLetters({ route: 'feedback', reason: 'a b' });
	await sidecar.perform('redrive', { ids: ['one'], dryRun: true });

	expect(http.get.mock.calls[0]?.[0]).toBe('http://sidecar.test:8081/v1/dead-letters?route=feedback&reason=a+b');
	expect(http.post.mock.calls[0]?.[0]).toBe('http://sidecar.test:8081/v1/dead-letters/redrive');
	expect(http.post.mock.calls[0]?.[1].body).toBe('{"ids":["one"],"dryRun":true}');
});

test('without settings nobody is asked, and the answer names what is missing', async () => {
	const http = answering(200, {});

	const asked = new SidecarAdmin({ adminUrl: null, adminToken: null }, http).overview();

	await expect(asked).rejects.toMatchObject({
		status: 503,
		message: expect.stringContaining('EVENT_BRIDGE_ADMIN_URL and EVENT_BRIDGE_ADMIN_TOKEN are not set'),
	});
	expect(http.get).not.toHaveBeenCalled();
});

test.each([
	[400, 'INVALID_PAYLOAD', 'olderThan is no duration'],
	[401, 'SERVICE_UNAVAILABLE', 'does not know the token in EVENT_BRIDGE_ADMIN_TOKEN'],
	[404, 'NO_SUCH_LETTER', 'olderThan is no duration'],
	[408, 'SERVICE_UNAVAILABLE', 'look again'],
	[502, 'SERVICE_UNAVAILABLE', 'olderThan is no duration'],
])('a refusal with status %i becomes %s with its reason, and without the token', async (status, code, message) => {
	const http = answering(status, { error: { code: 'x', detail: 'olderThan is no duration' } });

	const asked = new SidecarAdmin(settings, http).deadLetters({});

	await expect(asked).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
	await expect(asked).rejects.not.toMatchObject({ message: expect.stringContaining(TOKEN) });
});

test('something else that listens there is not taken for a sidecar', async () => {
	const page: Answer = { status: 404, headers: {}, body: '<html>' };
	const http = { get: async () => page, post: async () => page };

	await expect(new SidecarAdmin(settings, http).overview()).rejects.toMatchObject({
		message: expect.stringContaining('nothing at EVENT_BRIDGE_ADMIN_URL answers'),
	});
});

test('a sidecar that is away is named so', async () => {
	await expect(new SidecarAdmin(settings, { get: away, post: away }).overview()).rejects.toMatchObject({
		status: 503,
		message: expect.stringContaining('cannot be reached: ECONNREFUSED'),
	});
});
