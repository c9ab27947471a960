/** One committed change of an item, as the outbox keeps it and as the sidecar receives it. */
export type Item = Record<string, unknown>;

export type Action = 'create' | 'update' | 'delete';

/** `best_effort`: written after the commit, because Directus tracks that write nowhere inside its transaction. */
export type CaptureMode = 'transactional' | 'best_effort';

/** The part of a change that the outbox keeps as JSON. */
export interface ChangePayload {
	/** ISO 8601, UTC. */
	occurredAt: string;
	userId: string | null;
	/** The item after the change; `null` when it was deleted. */
	item: Item | null;
	/** The item before the change, as far as it is known. */
	previous: Item | null;
	/** Columns of an update whose value differs, or may differ where the value before is unknown. */
	changed: string[];
	traceparent: string | null;
	capture: CaptureMode;
}

/** A change on the wire; see `schemas/examples/changes.json`. */
export interface Change extends ChangePayload {
	eventId: string;
	sequence: number;
	collection: string;
	action: Action;
	key: string;
}
