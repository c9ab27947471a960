import type { Knex } from 'knex';
import type { Logger } from '../lib/logger.js';
import type { Settings } from '../lib/settings.js';
import { withoutValues } from '../lib/without-values.js';

/**
 * Runs a capture within an item's transaction. Strict: its failure aborts the save, and what was not recorded was not
 * saved either. Lenient: its failure rolls back to a savepoint, is logged, and the save goes on unannounced.
 */
export async function protectSave(
	mode: Settings['capture'],
	{ database, logger }: { database: Knex; logger: Pick<Logger, 'error'> },
	capture: (database: Knex) => Promise<boolean>,
): Promise<boolean> {
	try {
		return mode === 'strict' ? await capture(database) : await database.transaction(capture);
	} catch (error) {
		const safe = withoutValues(error);
		if (mode === 'strict') throw safe;
		logger.error(safe, 'event bridge: a change was saved but could not be recorded, nobody will hear of it');
		return false;
	}
}
