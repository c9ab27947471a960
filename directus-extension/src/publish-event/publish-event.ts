import type { Knex } from 'knex';
import type { EventPayload } from '../lib/change.js';
import { recordEvent } from '../lib/outbox.js';
import { parseEvent, type PublishEventOptions } from './parse-event.js';
import { subjectOf, type FlowRun } from './subject.js';

interface Context {
	/** May be the transaction of the item that triggered the Flow. */
	database: Knex;
	run: FlowRun;
	userId: string | null;
	traceparent: string | null;
}

/** Puts one event into the outbox and returns its id. The relay and the sidecar do the sending. */
export async function publishEvent(
	options: PublishEventOptions,
	{ database, run, userId, traceparent }: Context,
): Promise<{ eventId: string }> {
	const event = parseEvent(options);
	const subject = subjectOf(options, run);
	const payload: EventPayload = { occurredAt: new Date().toISOString(), userId, traceparent, event };
	return { eventId: await recordEvent({ ...subject, payload }, { database }) };
}
