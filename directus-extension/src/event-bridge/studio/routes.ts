import { ForbiddenError } from '@directus/errors';
import type { EndpointExtensionContext } from '@directus/types';
import type { Request, Router } from 'express';
import type { CapturePlans } from '../../capture/capture-plan.js';
import { HttpClient } from '../../lib/http.js';
import type { Settings } from '../../lib/settings.js';
import type { InsightState } from '../../lib/studio.js';
import { nudgeRelay, relayHealth } from '../../relay/takeover.js';
import { adminOnly, answering, signedIn } from '../answer.js';
import { name, wholeNumber } from '../input.js';
import { analyseAgain, parseAnalyse } from './analyse-again.js';
import { itemAccess, type ItemAddress } from './item-access.js';
import { insightState } from './insight-state.js';
import { KnownDeaths } from './known-deaths.js';
import { outboxRows, outboxRowWhole, parseOutboxQuery } from './outbox-rows.js';
import { overview } from './overview.js';
import { setupCheck } from './setup-check.js';
import { SidecarAdmin } from './sidecar-admin.js';
import { parseSubject, tracedEvents } from './traced-events.js';
import { parseLetterFilter, parseWantedLetters } from './wanted-letters.js';

const admin = answering(adminOnly);
const user = answering(signedIn);

interface StudioContext extends Pick<EndpointExtensionContext, 'database' | 'env' | 'services'> {
	plans: CapturePlans;
	settings: Settings;
}

/** What the Studio's module and panel ask, for admins. Of the sidecar's admin API nothing else is reachable. */
export function pipelineRoutes(router: Router, sidecar: SidecarAdmin, context: StudioContext): void {
	const { database, env, services, settings } = context;
	const pipeline = { database, sidecar };
	router.get(
		'/studio/overview',
		admin(() => overview({ ...pipeline, relay: relayHealth() })),
	);
	router.get(
		'/studio/setup-check',
		admin(({ schema }) => {
			const hasWebSockets = String(env['WEBSOCKETS_ENABLED']) === 'true';
			return setupCheck({ ...pipeline, relay: relayHealth(), schema, settings, hasWebSockets });
		}),
	);
	router.get(
		'/studio/outbox',
		admin(({ query }) => outboxRows(parseOutboxQuery(query), database)),
	);
	router.get(
		'/studio/outbox/:id',
		admin(({ params }) => outboxRowWhole(wholeNumber(Number(params['id']), 'id', { min: 1 }), database)),
	);
	router.get(
		'/studio/events',
		admin(({ query, schema }) => tracedEvents(parseSubject(query), { database, schema, services, settings })),
	);
	router.get(
		'/studio/dead-letters',
		admin(({ query }) => sidecar.deadLetters(parseLetterFilter(query))),
	);
	router.get(
		'/studio/dead-letters/:id',
		admin(({ params }) => sidecar.deadLetter(name(params['id'], 'id'))),
	);
	for (const what of ['redrive', 'discard'] as const) {
		router.post(
			`/studio/dead-letters/${what}`,
			admin(({ body }) => sidecar.perform(what, parseWantedLetters(body))),
		);
	}
}

/** What the insight card asks, for whoever may read the item. */
export function insightRoutes(router: Router, sidecar: SidecarAdmin, context: StudioContext): void {
	const { database, plans, services } = context;
	const deaths = new KnownDeaths(sidecar);
	const deathOf = (eventId: string): Promise<string | null> => deaths.of(eventId);

	router.get(
		'/studio/insight/:collection/:key',
		user(async (request, accountability): Promise<InsightState> => {
			const item = addressOf(request);
			const { schema } = request;
			const { mayUpdate } = await itemAccess(item, { accountability, database, schema, services });
			const isWatched = plans.of(item.collection, schema) !== null;
			return { ...(await insightState(item, { database, deathOf })), mayAnalyse: mayUpdate && isWatched };
		}),
	);
	router.post(
		'/studio/insight/:collection/:key/analyse',
		user(async (request, accountability): Promise<InsightState> => {
			const item = addressOf(request);
			const { schema } = request;
			const { mayUpdate } = await itemAccess(item, { accountability, database, schema, services });
			if (!mayUpdate) throw new ForbiddenError();
			const fields = parseAnalyse(request.body);
			const { stage } = await insightState(item, { database, deathOf });
			// Twice in a row is once: what waits already tells the item as it is now.
			if (stage !== 'queued') {
				await analyseAgain(item, fields, { database, plans, schema, services, userId: accountability.user });
				nudgeRelay();
			}
			return { ...(await insightState(item, { database, deathOf })), mayAnalyse: true };
		}),
	);
}

/** Both, on one client of the sidecar. */
export function studioRoutes(router: Router, context: StudioContext): void {
	const sidecar = new SidecarAdmin(context.settings, new HttpClient());
	pipelineRoutes(router, sidecar, context);
	insightRoutes(router, sidecar, context);
}

function addressOf({ params }: Pick<Request, 'params'>): ItemAddress {
	return { collection: name(params['collection'], 'collection'), key: name(params['key'], 'key') };
}
