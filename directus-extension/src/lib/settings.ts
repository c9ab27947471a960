import { readFileSync } from 'node:fs';
import {
	oneOf,
	parseCount,
	parseDurationMs,
	parseSecrets,
	parseToken,
	parseUrl,
	parseUuid,
	unlessOff,
} from './setting-parsers.js';
import { parseCollections } from './watched-collections.js';
import { parseFields } from './watched-fields.js';

/** One setting: its name in the environment, what it means, and how its text becomes a value. */
export interface Setting<Value> {
	key: string;
	/** `null` makes the setting required. */
	default: string | null;
	meaning: string;
	parse: (text: string) => Value;
	/** Whether `<key>_FILE` may name a file that holds the text. */
	file?: true;
}

/** The reference of every setting. The README's table is tested against it. */
export const SETTINGS = {
	sidecarUrl: define('EVENT_BRIDGE_SIDECAR_URL', null, 'where the sidecar listens', parseUrl),
	secrets: {
		...define('EVENT_BRIDGE_SECRETS', null, 'comma list of `whsec_<base64>`; all of them sign', parseSecrets),
		file: true,
	},
	serviceAccount: define('EVENT_BRIDGE_SERVICE_ACCOUNT', null, 'id of the user that the sidecar acts as', parseUuid),
	collections: define(
		'EVENT_BRIDGE_COLLECTIONS',
		'*',
		'collections to announce; `!name` leaves one out',
		parseCollections,
	),
	fields: define(
		'EVENT_BRIDGE_FIELDS',
		'*',
		'fields to tell, where not all: `feedback: * !note customer.tier; tickets: subject status`',
		parseFields,
	),
	capture: define(
		'EVENT_BRIDGE_CAPTURE',
		'strict',
		'`strict`: a change that cannot be recorded is not saved; `lenient`: it is saved, and an error logged',
		oneOf('strict', 'lenient'),
	),
	project: define('EVENT_BRIDGE_PROJECT', 'directus', 'name of this Directus in every batch', String),
	batchMax: define('EVENT_BRIDGE_BATCH_MAX', '100', 'changes in one request, at most', parseCount),
	batchBytesMax: define('EVENT_BRIDGE_BATCH_BYTES_MAX', '900000', 'bytes in one request, at most', parseCount),
	timeoutMs: define('EVENT_BRIDGE_TIMEOUT', '10s', 'how long the sidecar may take to answer', parseDurationMs),
	pollIntervalMs: define('EVENT_BRIDGE_POLL_INTERVAL', '2s', 'how often the outbox is read unasked', parseDurationMs),
	leaseMs: define('EVENT_BRIDGE_LEASE', '30s', 'how long a process keeps rows to itself', parseDurationMs),
	retentionMs: define('EVENT_BRIDGE_RETENTION', '24h', 'how long delivered rows are kept', parseDurationMs),
	ledgerRetentionMs: define('EVENT_BRIDGE_LEDGER_RETENTION', '15d', 'how long effects are remembered', parseDurationMs),
	adminUrl: define(
		'EVENT_BRIDGE_ADMIN_URL',
		'off',
		"where the sidecar's admin API listens; `off`: the Studio shows only what Directus knows itself",
		unlessOff(parseUrl),
	),
	adminToken: {
		...define('EVENT_BRIDGE_ADMIN_TOKEN', 'off', "one of the sidecar's `admin.tokens`", unlessOff(parseToken)),
		file: true,
	},
	timeline: define(
		'EVENT_BRIDGE_TIMELINE',
		'customer_events',
		"collection of the customers' timeline, for the Studio; it need not exist",
		String,
	),
} as const;

type Table = typeof SETTINGS;
export type Settings = { [Name in keyof Table]: ReturnType<Table[Name]['parse']> };

type Env = Record<string, unknown>;

/** Reads every setting before failing, so that one start reports every mistake. */
export function parseSettings(env: Env): Settings {
	const problems = Object.values(SETTINGS).flatMap((setting) => problemsOf(setting, env));
	problems.push(...leaseProblems(env), ...adminProblems(env));
	if (problems.length > 0) throw new Error(`the event bridge's settings are wrong:\n- ${problems.join('\n- ')}`);

	return {
		sidecarUrl: read(SETTINGS.sidecarUrl, env),
		secrets: read(SETTINGS.secrets, env),
		serviceAccount: read(SETTINGS.serviceAccount, env),
		collections: read(SETTINGS.collections, env),
		fields: read(SETTINGS.fields, env),
		capture: read(SETTINGS.capture, env),
		project: read(SETTINGS.project, env),
		batchMax: read(SETTINGS.batchMax, env),
		batchBytesMax: read(SETTINGS.batchBytesMax, env),
		timeoutMs: read(SETTINGS.timeoutMs, env),
		pollIntervalMs: read(SETTINGS.pollIntervalMs, env),
		leaseMs: read(SETTINGS.leaseMs, env),
		retentionMs: read(SETTINGS.retentionMs, env),
		ledgerRetentionMs: read(SETTINGS.ledgerRetentionMs, env),
		adminUrl: read(SETTINGS.adminUrl, env),
		adminToken: read(SETTINGS.adminToken, env),
		timeline: read(SETTINGS.timeline, env),
	};
}

function define<Value>(
	key: string,
	fallback: string | null,
	meaning: string,
	parse: (text: string) => Value,
): Setting<Value> {
	return { key, default: fallback, meaning, parse };
}

function problemsOf(setting: Setting<unknown>, env: Env): string[] {
	try {
		read(setting, env);
		return [];
	} catch (error) {
		return [`${setting.key} ${error instanceof Error ? error.message : String(error)}`];
	}
}

/** A lease that ends before the answer may come would let two processes send the same rows. */
function leaseProblems(env: Env): string[] {
	const { leaseMs, timeoutMs } = SETTINGS;
	if (problemsOf(leaseMs, env).length > 0 || problemsOf(timeoutMs, env).length > 0) return [];
	return read(leaseMs, env) > read(timeoutMs, env) ? [] : [`${leaseMs.key} must be longer than ${timeoutMs.key}`];
}

/** Of no use without each other. */
function adminProblems(env: Env): string[] {
	const { adminUrl, adminToken } = SETTINGS;
	if (problemsOf(adminUrl, env).length > 0 || problemsOf(adminToken, env).length > 0) return [];
	const [isUrl, isToken] = [read(adminUrl, env) !== null, read(adminToken, env) !== null];
	if (isUrl === isToken) return [];
	return [`${(isUrl ? adminToken : adminUrl).key} is required with ${(isUrl ? adminUrl : adminToken).key}`];
}

function read<Value>(setting: Setting<Value>, env: Env): Value {
	const text = textOf(env[setting.key]) || fileText(setting, env) || setting.default;
	if (text === null) throw new Error('is required');
	return setting.parse(text);
}

/** Directus casts what it reads: "100" arrives as a number and "a,b" as an array. */
function textOf(value: unknown): string {
	if (Array.isArray(value)) return value.map(textOf).join(',');
	if (value === undefined || value === null) return '';
	return typeof value === 'string' ? value.trim() : JSON.stringify(value);
}

function fileText(setting: Setting<unknown>, env: Env): string {
	const path = setting.file ? textOf(env[`${setting.key}_FILE`]) : '';
	if (path === '') return '';
	try {
		return readFileSync(path, 'utf8').trim();
	} catch (error) {
		throw new Error(`cannot be read from the file that ${setting.key}_FILE names`, { cause: error });
	}
}
