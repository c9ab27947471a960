/** What the endpoint tells the Studio; the app reads nothing else. */

/** Everything on one page: Directus' own side, and the sidecar's as far as it can be asked. */
export interface Overview {
	extension: { version: string; protocol: string };
	outbox: {
		pending: number;
		rejected: number;
		published: number;
		ignored: number;
		oldestPendingAt: string | null;
		oldestPendingAgeMs: number | null;
	};
	/** What happened during the last minute, by Directus' own books. */
	lastMinute: { recorded: number; published: number; rejected: number; applied: number };
	relay: { failures: number; lastError: string | null } | null;
	sidecar: { state: 'asked'; overview: SidecarOverview } | { state: 'off' | 'away'; message: string };
}

/** `GET /v1/overview` of the sidecar. Counts are of the copy that answers, since it started. */
export interface SidecarOverview {
	version: string;
	protocol: string;
	instance: string;
	startedAt: string;
	ready: boolean;
	hindrances: string[];
	bus: string;
	changes: Record<string, number>;
	effects: Record<string, number>;
	routes: SidecarRoute[];
}

export interface SidecarRoute {
	route: string;
	reaction: string;
	description: string;
	queue: Queue;
	deadLetters: Queue;
	messages: { received: number; inFlight: number; lagSecs: number; settled: Record<string, number> };
}

/** A queue that cannot be asked has an error in place of its depth. */
export interface Queue {
	name: string;
	waiting?: number;
	hidden?: number;
	error?: string;
}

export interface DeadLetters {
	groups: DeadLetterGroup[];
	letters: DeadLetter[];
	/** Whether there are more than were looked at. */
	more: boolean;
}

/** Letters that died of the same. */
export interface DeadLetterGroup {
	group: string;
	route: string;
	reason: string;
	eventType: string | null;
	detail: string;
	letters: number;
	oldest: string | null;
}

export interface DeadLetter {
	id: string;
	route: string;
	group: string;
	reason: string;
	detail: string;
	attempts: number | null;
	eventType: string | null;
	eventId: string | null;
	deadSince: string | null;
	traceparent: string | null;
}

/** With the message as it was: JSON, or text when it is none. */
export interface WholeDeadLetter extends DeadLetter {
	body: unknown;
}

/** Which letters are meant: exactly one of these. */
export interface WantedLetters {
	ids?: string[];
	all?: true;
	filter?: Partial<Record<(typeof LETTER_FILTERS)[number], string>>;
	dryRun?: boolean;
}

export interface Performed {
	done: number;
	dryRun: boolean;
	failed: { id: string; error: string }[];
	/** Letters that are meant, too, and were too many for one request. */
	left: number;
}

export const LETTER_FILTERS = ['route', 'group', 'reason', 'eventType', 'olderThan', 'newerThan'] as const;

export const OUTBOX_STATES = ['pending', 'rejected', 'published', 'ignored'] as const;
export type OutboxState = (typeof OUTBOX_STATES)[number];

/** A row of the outbox without its payload: that one may be personal, and large. */
export interface OutboxRow {
	id: number;
	eventId: string;
	kind: 'change' | 'event';
	collection: string;
	key: string;
	action: string;
	state: OutboxState;
	attempts: number;
	error: Refusal | null;
	createdAt: string;
	settledAt: string | null;
}

/** Why something was not taken. */
export interface Refusal {
	code: string;
	detail?: string;
	path?: string;
}

export interface WholeOutboxRow extends OutboxRow {
	payload: unknown;
}

export interface OutboxPage {
	rows: OutboxRow[];
	/** The `before` of the following page, if there is one. */
	next: number | null;
}

/** One event and what is known of its way. */
export interface TracedEvent {
	eventId: string;
	/** Its name on the bus, where the timeline knows it. */
	eventType: string | null;
	at: string;
	collection: string | null;
	key: string | null;
	/** What was done to the item; `null` for an event that came from elsewhere. */
	action: string | null;
	/** `null` when it did not leave from here. */
	state: OutboxState | null;
	traceparent: string | null;
	/** The reactions whose effects were written. */
	reactions: string[];
}

export const CHECKS = [
	'admin_settings',
	'sidecar',
	'protocol',
	'version',
	'ready',
	'relay',
	'service_account',
	'accountability',
	'flows',
	'live_updates',
] as const;

/** What was found out about one thing that must be right. */
export interface Check {
	check: (typeof CHECKS)[number];
	status: 'ok' | 'warning' | 'danger' | 'unknown';
	/** What it is about: collections, Flows, hindrances. */
	names: string[];
	detail: string | null;
}

/** How far the analysis of one item is. */
export interface InsightState {
	stage: 'none' | 'queued' | 'rejected' | 'published' | 'analysed' | 'ignored' | 'dead';
	/** Since when; `null` when nothing is known of the item. */
	since: string | null;
	eventId: string | null;
	/** Why it was refused or given up: a word, without anybody's data. */
	reason: string | null;
	mayAnalyse: boolean;
}
