import type { Knex } from 'knex';

/**
 * Calls back once the transaction has committed, and never when it is rolled back. knex's `executionPromise` is not
 * documented: where it is missing nothing happens, and the relay's polling finds the row.
 */
export function afterCommit(database: Knex, callback: () => void): void {
	const execution: unknown = 'executionPromise' in database ? database.executionPromise : undefined;
	if (execution instanceof Promise) {
		// Rolled back: whoever waits for the transaction handles that. Here there is nothing to announce.
		execution.then(callback, () => undefined);
	}
}
