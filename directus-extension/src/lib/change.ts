/** What the outbox keeps and the sidecar receives; see `schemas/examples/changes.json`. */
export type Row = Change | PublishedEvent;

/** One committed change of an item. */
export interface Change extends Address, ChangePayload {
	kind: 'change';
	action: Action;
}

/** An event that somebody published outright, such as a Flow. It travels among the changes, in their order. */
export interface PublishedEvent extends Address, EventPayload {
	kind: 'event';
}

/** What the outbox keeps in columns of their own. */
interface Address {
	eventId: string;
	/** The number of the outbox row. */
	sequence: number;
	collection: string;
	key: string;
}

/** The part of a change that the outbox keeps as JSON. */
export interface ChangePayload extends Origin {
	/** The item after the change; `null` when it was deleted. */
	item: Item | null;
	/** The item before the change, as far as it is known. */
	previous: Item | null;
	/** Columns of an update whose value differs, or may differ where the value before is unknown. */
	changed: string[];
	/** Watched fields of the items that foreign keys name, by the key's field. */
	related?: Record<string, Item | null>;
	capture: CaptureMode;
}

/** The part of an event that the outbox keeps as JSON. */
export interface EventPayload extends Origin {
	event: {
		eventType: string;
		version: number;
		/** `null`: the sidecar's default. */
		producer: string | null;
		customerId: string | null;
		correlationId: string | null;
		causationId: string | null;
		data: Record<string, unknown>;
		context: Record<string, unknown>;
		properties: Record<string, unknown>;
	};
}

interface Origin {
	/** ISO 8601, UTC. */
	occurredAt: string;
	userId: string | null;
	/** W3C trace context of the request that did it; `null` where no request did. */
	traceparent: string | null;
}

export type Item = Record<string, unknown>;

export type Action = 'create' | 'update' | 'delete';

/** How a change came into the outbox, and so how much it can be relied on. */
export type CaptureMode =
	| 'transactional'
	/** After the commit, because Directus tracks that write nowhere inside its transaction. */
	| 'best_effort'
	/** Later, because its row was missing. */
	| 'repair'
	/** For an item that was there before anybody watched. */
	| 'backfill'
	/** Of an item that somebody wants to be looked at again; it tells the item as it was then. */
	| 'requested';

/** Why a change is not announced. It leaves a row all the same, so that a missing row means a missed change. */
export interface Disregard {
	code: 'item_missing' | 'unwatched_fields';
}
