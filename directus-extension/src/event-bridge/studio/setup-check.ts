import type { SchemaOverview } from '@directus/types';
import type { Knex } from 'knex';
import { unprotectedCollections } from '../../capture/unprotected-collections.js';
import type { Settings } from '../../lib/settings.js';
import type { Check, Overview } from '../../lib/studio.js';
import { PROTOCOL } from '../../relay/deliver.js';
import type { RelayHealth } from '../../relay/relay.js';
import { ask, type OverviewContext } from './overview.js';
import { version } from './version.js';

/** Flows that are named one by one. */
const FLOWS_MAX = 50;

export interface SetupContext extends OverviewContext {
	schema: SchemaOverview;
	settings: Pick<Settings, 'collections' | 'serviceAccount' | 'adminUrl'>;
	/** Whether Directus tells the app of changes by itself. */
	hasWebSockets: boolean;
}

/** Everything that must be right for the bridge to work, each with what was found. */
export async function setupCheck(context: SetupContext): Promise<Check[]> {
	const asked = await ask(context.sidecar);
	return [
		context.settings.adminUrl === null ? check('admin_settings', 'warning') : check('admin_settings', 'ok'),
		...sidecarChecks(asked),
		relayCheck(context.relay),
		await serviceAccountCheck(context),
		namesCheck('accountability', unprotectedCollections(context.schema, context.settings.collections)),
		namesCheck('flows', await inactiveFlows(context.database)),
		context.hasWebSockets ? check('live_updates', 'ok') : check('live_updates', 'warning'),
	];
}

/** What only the sidecar can tell; without it all of that is unknown. */
export function sidecarChecks(asked: Overview['sidecar']): Check[] {
	if (asked.state !== 'asked') {
		const status = asked.state === 'off' ? 'unknown' : 'danger';
		return [
			check('sidecar', status, { detail: asked.message }),
			...(['protocol', 'version', 'ready'] as const).map((each) => check(each, 'unknown')),
		];
	}
	const { overview } = asked;
	return [
		check('sidecar', 'ok', { detail: overview.version }),
		overview.protocol === PROTOCOL
			? check('protocol', 'ok', { detail: PROTOCOL })
			: check('protocol', 'danger', { detail: differs(PROTOCOL, overview.protocol) }),
		overview.version === version
			? check('version', 'ok', { detail: version })
			: check('version', 'warning', { detail: differs(version, overview.version) }),
		overview.ready ? check('ready', 'ok') : check('ready', 'danger', { names: overview.hindrances }),
	];
}

/** Of the process that answers. A sidecar that refuses the signature knows other secrets. */
export function relayCheck(relay: RelayHealth | null): Check {
	if (relay === null) return check('relay', 'danger');
	return relay.failures === 0 ? check('relay', 'ok') : check('relay', 'danger', { detail: relay.lastError });
}

async function serviceAccountCheck({ database, settings }: SetupContext): Promise<Check> {
	const user: { status: string; token: string | null } | undefined = await database('directus_users')
		.select('status', 'token')
		.where('id', settings.serviceAccount)
		.first();
	if (user === undefined) return check('service_account', 'danger', { detail: 'missing' });
	if (user.status !== 'active') return check('service_account', 'danger', { detail: user.status });
	return user.token === null
		? check('service_account', 'danger', { detail: 'no token' })
		: check('service_account', 'ok');
}

/** Flows that somebody outside starts, or that publish, and that are switched off. */
async function inactiveFlows(database: Knex): Promise<string[]> {
	return await database('directus_flows')
		.where('status', 'inactive')
		.where((bridged) =>
			bridged
				.where('trigger', 'webhook')
				.orWhereIn('id', database('directus_operations').select('flow').where('type', 'publish-event')),
		)
		.orderBy('name')
		.limit(FLOWS_MAX)
		.pluck('name');
}

function differs(ours: string, theirs: string): string {
	return `extension ${ours}, sidecar ${theirs}`;
}

function namesCheck(name: Check['check'], names: string[]): Check {
	return names.length === 0 ? check(name, 'ok') : check(name, 'warning', { names });
}

function check(
	name: Check['check'],
	status: Check['status'],
	found: Partial<Pick<Check, 'names' | 'detail'>> = {},
): Check {
	return { check: name, status, names: [], detail: null, ...found };
}
