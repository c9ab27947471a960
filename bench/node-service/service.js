// The sidecar's outbound half as a Node service: signed batches of changes in, verdicts out.
// It does what the sidecar does with these changes, and leaves out what the sidecar also does:
// expressions (the mapping is code), metrics, back-pressure and batches across requests.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';
import { compileContracts } from './contract.js';
import { toEvent } from './mapping.js';
import { Publisher } from './publisher.js';

const settings = {
	port: Number(process.env.PORT),
	secret: Buffer.from(process.env.SECRET.replace('whsec_', ''), 'base64'),
	schemas: process.env.SCHEMAS,
	bus: process.env.BUS,
};
const TOLERANCE_SECS = 300;
const CHANGES_MAX = 1000;

const contracts = compileContracts((name) => JSON.parse(readFileSync(`${settings.schemas}/${name}`, 'utf8')));
const publisher = new Publisher(settings.bus);

const app = Fastify({ bodyLimit: 1_000_000, logger: true, disableRequestLogging: true, keepAliveTimeout: 60_000 });

// The signature is over the bytes, so that the body is parsed only after it was checked.
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

app.get('/readyz', () => ({ ready: true }));

app.post('/v1/changes', { schema: { response: { 200: answerSchema() } } }, async (request, reply) => {
	if (!isSigned(request.headers, request.body)) {
		return reply.code(401).send({ error: { code: 'unauthorized', detail: 'no known secret signed this' } });
	}
	const { changes } = JSON.parse(request.body);
	if (changes.length > CHANGES_MAX) {
		return reply.code(413).send({ error: { code: 'too_large', detail: `a batch is at most ${CHANGES_MAX} changes` } });
	}

	const verdicts = changes.map(({ eventId }) => ({ eventId, verdict: 'published' }));
	const entries = [];
	changes.forEach((change, index) => {
		const event = toEvent(change);
		const violation = contracts.check(event);
		if (violation) {
			verdicts[index] = { eventId: change.eventId, verdict: 'rejected', error: violation };
		} else {
			entries.push({ index, entry: publisher.entry(event) });
		}
	});
	const failures = await publisher.publish(entries);
	for (const { index, error } of failures) {
		const verdict = error.code === 'bus' ? 'rejected' : 'retry';
		verdicts[index] = { eventId: changes[index].eventId, verdict, error };
	}
	request.log.info({ changes: changes.length, failed: failures.length }, 'published');
	return { verdicts };
});

function isSigned(headers, body) {
	const id = headers['webhook-id'];
	const timestamp = headers['webhook-timestamp'];
	const age = Math.abs(Date.now() / 1000 - Number(timestamp));
	if (!id || !(age <= TOLERANCE_SECS)) return false;

	const expected = createHmac('sha256', settings.secret).update(`${id}.${timestamp}.`).update(body).digest();
	return (headers['webhook-signature'] ?? '').split(' ').some((signature) => {
		const given = Buffer.from(signature.replace('v1,', ''), 'base64');
		return given.length === expected.length && timingSafeEqual(given, expected);
	});
}

// With a schema fastify compiles a serializer, which is faster than JSON.stringify.
function answerSchema() {
	const text = { type: 'string' };
	const error = { type: 'object', properties: { code: text, detail: text, path: text } };
	const verdict = { type: 'object', properties: { eventId: text, verdict: text, error } };
	return { type: 'object', properties: { verdicts: { type: 'array', items: verdict } } };
}

await app.listen({ host: '127.0.0.1', port: settings.port });
