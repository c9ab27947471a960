import { parseSettings, type Settings } from '../lib/settings.js';

export const SERVICE_ACCOUNT = '11111111-1111-4111-8111-111111111111';

/** The smallest environment that is complete. */
export const ENV = {
	EVENT_BRIDGE_SIDECAR_URL: 'http://sidecar.test:8080',
	EVENT_BRIDGE_SECRETS: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
	EVENT_BRIDGE_SERVICE_ACCOUNT: SERVICE_ACCOUNT,
};

export function settingsWith(env: Record<string, unknown> = {}): Settings {
	return parseSettings({ ...ENV, ...env });
}
