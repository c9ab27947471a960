import type { Accountability, EndpointConfig } from '@directus/types';
import type { Request, RequestHandler } from 'express';
import { CapturePlans } from '../capture/capture-plan.js';
import { parseSettings } from '../lib/settings.js';
import { nudgeRelay, relayHealth } from '../relay/takeover.js';
import { applyEffects } from './apply-effects.js';
import { authorize } from './authorize.js';
import { backfillItems, parseBackfill } from './backfill-items.js';
import { customerHash, erasedOf, parseErasure, rememberErasure } from './erasures.js';
import { findGaps, parseGaps } from './find-gaps.js';
import { health } from './health.js';
import { outboxFigures } from './outbox-figures.js';
import type { TrackedActivity } from './match-activities.js';
import { parseEffects } from './parse-effects.js';
import { parseRejectedPage, rejectedRows } from './rejected-rows.js';
import { repairGap } from './repair-gap.js';
import { parseResend, resendRows } from './resend-rows.js';

/** Takes what the sidecar writes back, and lets its commands look into the outbox and mend it. */
const eventBridge: EndpointConfig = {
	id: 'event-bridge',
	handler: (router, { database, emitter, env, logger, services }) => {
		const settings = parseSettings(env);
		const plans = new CapturePlans(settings);

		/** Answers the service account and admins with what `handle` returns. */
		const answer =
			(handle: (request: Request, accountability: Accountability) => Promise<unknown>): RequestHandler =>
			(request, response, next) => {
				const respond = async (): Promise<void> => {
					const accountability = authorize(request.accountability, settings);
					response.json(await handle(request, accountability));
				};
				// Express 4 does not wait for a promise; Directus' error handler answers in its usual shape.
				respond().catch(next);
			};

		router.post(
			'/effects',
			answer(async ({ body, schema }, accountability) => {
				const context = { accountability, database, emitter, logger, schema, services };
				return { verdicts: await applyEffects(parseEffects(body), context) };
			}),
		);
		router.post(
			'/erasures',
			answer(({ body }) => rememberErasure(parseErasure(body), database)),
		);
		router.get(
			'/erasures/:customer',
			answer(async ({ params }) => {
				const customer = customerHash(params['customer'], 'customer');
				return { erased: (await erasedOf([customer], database)).has(customer) };
			}),
		);
		router.get(
			'/health',
			answer(({ schema }) => health({ database, relay: relayHealth(), schema, settings })),
		);
		router.get(
			'/outbox',
			answer(() => outboxFigures(database)),
		);
		router.get(
			'/outbox/rejected',
			answer(({ query }) => rejectedRows(parseRejectedPage(query), database)),
		);
		router.post(
			'/outbox/resend',
			answer(async ({ body }) => {
				const resent = await resendRows(parseResend(body), database);
				nudgeRelay();
				return resent;
			}),
		);
		router.post(
			'/gaps',
			answer(async ({ body, schema }) => {
				const context = { database, plans, project: settings.project, schema, services };
				const repair = (activity: TrackedActivity): Promise<void> => repairGap(activity, context);
				const page = await findGaps(parseGaps(body), { database, repair, schema, settings });
				nudgeRelay();
				return page;
			}),
		);
		router.post(
			'/backfill',
			answer(async ({ body, schema }) => {
				const context = { database, plans, project: settings.project, schema, services };
				const page = await backfillItems(parseBackfill(body), context);
				nudgeRelay();
				return page;
			}),
		);
	},
};

export default eventBridge;
