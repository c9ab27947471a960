import type { EventContext } from '@directus/types';
import type { Activity } from '../capture/capture-change.js';
import { effectInProgress } from '../lib/effect-context.js';
import { enterLedger } from './ledger.js';

/**
 * Joins the ledger row to the transaction in which Directus applies an effect. For one item the row's lock makes
 * concurrent effects wait for each other before they come here, so that each sees what the one before it entered.
 */
export async function recordEffect(
	activity: Activity,
	_meta: unknown,
	{ database, schema }: Pick<EventContext, 'database' | 'schema'>,
): Promise<Activity> {
	const inProgress = effectInProgress();
	if (inProgress === undefined || inProgress.recorded) return activity;

	const { effect } = inProgress;
	const isOurs =
		activity.collection === effect.collection && String(activity.item) === effect.key && activity.action === effect.op;
	if (!isOurs || schema === null) return activity;

	await enterLedger(effect, { database, schema });
	inProgress.recorded = true;
	// Directus runs a transaction again after a deadlock; the row rolls back with the first attempt.
	if ('executionPromise' in database && database.executionPromise instanceof Promise) {
		database.executionPromise.catch(() => (inProgress.recorded = false));
	}
	return activity;
}
