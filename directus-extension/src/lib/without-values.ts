/**
 * An error that can be logged. knex puts the whole statement, with the item's values in it, before the message of the
 * database; only that message and the code are kept. Directus decides by the code whether to run a transaction again.
 */
export function withoutValues(error: unknown): Error {
	if (!(error instanceof Error)) return new Error(String(error));
	if (!('code' in error)) return error;

	const message = error.message.split(' - ').at(-1);
	return Object.assign(new Error(message), { code: error.code });
}
