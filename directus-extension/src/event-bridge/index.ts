import type { EndpointConfig } from '@directus/types';
import { parseSettings } from '../lib/settings.js';
import { applyEffects } from './apply-effects.js';
import { authorize } from './authorize.js';
import { parseEffects } from './parse-effects.js';

/** Takes what the sidecar writes back. */
const eventBridge: EndpointConfig = {
	id: 'event-bridge',
	handler: (router, { database, emitter, env, logger, services }) => {
		const settings = parseSettings(env);

		router.post('/effects', (request, response, next) => {
			const answer = async (): Promise<void> => {
				const accountability = authorize(request.accountability, settings);
				const effects = parseEffects(request.body);
				const context = { accountability, database, emitter, logger, schema: request.schema, services };
				response.json({ verdicts: await applyEffects(effects, context) });
			};
			// Express 4 does not wait for a promise; Directus' error handler answers in its usual shape.
			answer().catch(next);
		});
	},
};

export default eventBridge;
