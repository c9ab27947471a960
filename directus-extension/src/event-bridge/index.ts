import type { EndpointConfig } from '@directus/types';
import { CapturePlans } from '../capture/capture-plan.js';
import { parseSettings } from '../lib/settings.js';
import { nudgeRelay, relayHealth } from '../relay/takeover.js';
import { answering } from './answer.js';
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
import { studioRoutes } from './studio/routes.js';

/** Takes what the sidecar writes back, and lets its commands look into the outbox and mend it. */
const eventBridge: EndpointConfig = {
	id: 'event-bridge',
	handler: (router, { database, emitter, env, logger, services }) => {
		const settings = parseSettings(env);
		const plans = new CapturePlans(settings);

		const answer = answering(({ accountability }) => authorize(accountability, settings));

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
		studioRoutes(router, { database, env, plans, services, settings });
	},
};

export default eventBridge;
