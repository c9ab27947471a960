import type { Knex } from 'knex';
import { OUTBOX } from '../lib/tables.js';

/** How full the outbox is, and how long its oldest row has been waiting. */
export interface OutboxFigures {
	pending: number;
	rejected: number;
	/** Delivered, as far back as the delivery log goes. */
	published: number;
	ignored: number;
	oldestPendingAt: string | null;
	oldestPendingAgeMs: number | null;
}

/** Reads nothing but the index over state and id, apart from one row. */
export async function outboxFigures(database: Knex, now = Date.now()): Promise<OutboxFigures> {
	const counted: { state: string; count: number | string }[] = await database(OUTBOX)
		.select('state')
		.count({ count: '*' })
		.groupBy('state');
	const counts = new Map(counted.map(({ state, count }) => [state, Number(count)]));
	const oldest: { created_at: number | string } | undefined = await database(OUTBOX)
		.select('created_at')
		.where('state', 'pending')
		.orderBy('id')
		.first();
	const oldestAt = oldest === undefined ? null : Number(oldest.created_at);
	return {
		pending: counts.get('pending') ?? 0,
		rejected: counts.get('rejected') ?? 0,
		published: counts.get('published') ?? 0,
		ignored: counts.get('ignored') ?? 0,
		oldestPendingAt: oldestAt === null ? null : new Date(oldestAt).toISOString(),
		oldestPendingAgeMs: oldestAt === null ? null : Math.max(0, now - oldestAt),
	};
}

/** Rows that wait for the relay. */
export async function pendingCount(database: Knex): Promise<number> {
	const [counted] = await database(OUTBOX).where('state', 'pending').count({ count: '*' });
	return Number(counted?.['count'] ?? 0);
}
