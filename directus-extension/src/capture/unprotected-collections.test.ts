import { expect, test } from 'vitest';
import { parseCollections } from '../lib/watched-collections.js';
import { fakeLogger } from '../testing/logger.js';
import { collection, feedback, schemaOf } from '../testing/schema.js';
import { warnOfUnprotected } from './unprotected-collections.js';

const off = (name: string) => collection(name, [], { accountability: null });

test('one warning names the watched collections whose accountability is off', () => {
	const logger = fakeLogger();
	const schema = schemaOf(feedback, off('orders'), off('drafts'), off('logs'), off('directus_settings'));

	warnOfUnprotected(schema, parseCollections('*,!logs'), logger);

	expect(logger.warn).toHaveBeenCalledOnce();
	expect(logger.warn).toHaveBeenCalledWith(
		{ collections: ['drafts', 'orders'] },
		expect.stringContaining('drafts, orders'),
	);
});

test('nothing is said when there is nothing to say', () => {
	const logger = fakeLogger();

	warnOfUnprotected(schemaOf(feedback), parseCollections('*'), logger);

	expect(logger.warn).not.toHaveBeenCalled();
});
