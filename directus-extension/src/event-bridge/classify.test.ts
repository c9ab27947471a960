import {
	createError,
	ForbiddenError,
	HitRateLimitError,
	RecordNotUniqueError,
	ServiceUnavailableError,
} from '@directus/errors';
import { expect, test } from 'vitest';
import { classify } from './classify.js';

const withCode = (code: string): Error => Object.assign(new Error('insert into feedback values secret'), { code });
const notUnique = new RecordNotUniqueError({ collection: 'feedback', field: 'email', value: 'secret' });

test.each([
	['a missing permission', new ForbiddenError(), 'FORBIDDEN'],
	['a value that exists already', notUnique, 'RECORD_NOT_UNIQUE'],
	['a list of what is wrong', [notUnique, new ForbiddenError()], 'RECORD_NOT_UNIQUE'],
	['a value that the column cannot hold', withCode('22P02'), 'INVALID_VALUE'],
	['a broken constraint', withCode('SQLITE_CONSTRAINT'), 'INVALID_VALUE'],
])('%s is refused for good', (_what, error, code) => {
	expect(classify(error)).toMatchObject({ verdict: 'refused', error: { code } });
});

test.each([
	[
		'a database under pressure',
		new ServiceUnavailableError({ service: 'api', reason: 'Under pressure' }),
		'SERVICE_UNAVAILABLE',
	],
	['too many requests', new HitRateLimitError({ limit: 1, reset: new Date() }), 'REQUESTS_EXCEEDED'],
	['a locked database', withCode('SQLITE_BUSY'), 'DATABASE_BUSY'],
	[
		'a deadlock that Directus gave up on',
		new Error('Transaction failed after 4 attempts', { cause: withCode('40P01') }),
		'DATABASE_BUSY',
	],
	[
		'a pool without a free connection',
		Object.assign(new Error('timeout'), { name: 'KnexTimeoutError' }),
		'DATABASE_BUSY',
	],
	['a database that restarts', withCode('57P01'), 'DATABASE_BUSY'],
	['anything else', new TypeError('x is not a function'), 'UNKNOWN'],
	['what is not even an error', 'oops', 'UNKNOWN'],
])('%s may pass later', (_what, error, code) => {
	expect(classify(error)).toMatchObject({ verdict: 'retry', error: { code } });
});

test.each(['RESOURCE_RESTRICTED', 'LIMIT_EXCEEDED', 'COLLECTION_INACTIVE', 'INVALID_TOKEN', 'USER_SUSPENDED'])(
	'%s may pass as soon as an admin has mended it',
	(code) => {
		const error = new (createError(code, 'Forbidden', 403))();

		expect(classify(error)).toMatchObject({ verdict: 'retry', error: { code } });
	},
);

test.each([notUnique, withCode('22P02'), withCode('SQLITE_BUSY'), withCode('XX')])(
	'no value of an item is repeated',
	(error) => {
		expect(JSON.stringify(classify(error))).not.toContain('secret');
	},
);
