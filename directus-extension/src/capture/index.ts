import type { IncomingHttpHeaders } from 'node:http';
import type { HookConfig } from '@directus/types';
import { recordEffect } from '../event-bridge/record-effect.js';
import { parseSettings } from '../lib/settings.js';
import { createTables } from '../lib/tables.js';
import { Relay } from '../relay/relay.js';
import { takeOver } from '../relay/takeover.js';
import type { Activity } from './capture-change.js';
import { CapturePlans } from './capture-plan.js';
import { registerTracked } from './register-tracked.js';
import { registerUntracked } from './register-untracked.js';
import { traced } from './trace-context.js';
import { warnOfUnknownFields } from './unknown-fields.js';
import { warnOfUnprotected } from './unprotected-collections.js';

/** What this extension uses of Directus' Express application. */
interface Application {
	use(handler: (request: { headers: IncomingHttpHeaders }, response: unknown, next: () => void) => void): void;
}

/** Records what changes, and moves it to the sidecar. */
const capture: HookConfig = (register, { database, env, getSchema, logger, services }) => {
	const settings = parseSettings(env);
	const relay = new Relay({ database, logger, settings });
	const parts = { logger, plans: new CapturePlans(settings), relay, services, settings };

	// Directus waits for this before it takes requests; it does not wait for anything a registration starts.
	register.init('app.before', () => createTables(database));

	// Only the first copy of the extension gets here in time; later ones share what this one started.
	register.init('middlewares.before', ({ app }: { app?: Application }) => {
		app?.use((request, _response, next) => traced(request.headers.traceparent, next));
	});

	// Before the capture: a write that the ledger refuses is rolled back, so there is nothing to capture.
	register.filter<Activity>('activity.create', recordEffect);
	registerTracked(register, parts);
	registerUntracked(register, parts);

	register.action('server.start', async ({ server }) => {
		// The server closes before Directus closes the database; `server.stop` comes only after that.
		server.once('close', () => relay.stop());
		relay.start();
		const schema = await getSchema();
		warnOfUnprotected(schema, settings.collections, logger);
		warnOfUnknownFields(schema, settings, logger);
	});
	takeOver(relay);
};

export default capture;
