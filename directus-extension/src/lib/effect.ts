/** One write-back of the sidecar, and what became of it; see `schemas/examples/effects.json`. */
export interface Effect {
	effectId: string;
	/** The event that caused it. */
	eventId: string;
	reaction: string;
	/** The place of the causing event in the outbox. For one item and reaction an older one never overwrites a newer one. */
	sequence: number;
	op: 'update' | 'create' | 'delete';
	collection: string;
	key: string;
	data: Record<string, unknown>;
	/** The keyed hash of the customer for whose sake it is written: nothing is written for one who was erased. */
	customer: string | null;
}

export interface EffectVerdict {
	effectId: string;
	verdict: 'applied' | 'duplicate' | 'stale' | 'missing' | 'erased' | 'refused' | 'retry';
	error?: EffectError;
}

/** Never carries a value of an item: it ends in logs. */
export interface EffectError {
	code: string;
	message: string;
}
