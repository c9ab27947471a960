import { expect, test } from 'vitest';
import { fakeLogger } from '../testing/logger.js';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { settingsWith } from '../testing/settings.js';
import { unknownFields, warnOfUnknownFields } from './unknown-fields.js';

const schema = schemaOf(feedback, collection('customers', [field('id'), field('tier')]));
const watching = (fields: string) => settingsWith({ EVENT_BRIDGE_FIELDS: fields });

test.each([
	['feedback: text !rating customer customer.tier customer.*', []],
	['orders: total', ['orders (no such collection)']],
	['feedback: * colour', ['feedback: colour (no such field)']],
	['feedback: !colour', ['feedback: !colour (no such field)']],
	['feedback: comments', ['feedback: comments (has no column)']],
	['feedback: rating.tier', ['feedback: rating (no many-to-one relation)']],
	['feedback: customer.colour', ['feedback: customer.colour (no such field)']],
])('of "%s" the schema lacks %j', (fields, expected) => {
	expect(unknownFields(schema, watching(fields))).toEqual(expected);
});

test('a collection that is not watched has no fields to watch', () => {
	const settings = settingsWith({ EVENT_BRIDGE_COLLECTIONS: 'customers', EVENT_BRIDGE_FIELDS: 'feedback: text' });

	expect(unknownFields(schema, settings)).toEqual(['feedback (not among EVENT_BRIDGE_COLLECTIONS)']);
});

test('the administrator is told once, of all of them', () => {
	const logger = fakeLogger();

	warnOfUnknownFields(schema, watching('orders: total; feedback: colour'), logger);
	warnOfUnknownFields(schema, watching('feedback: text'), logger);

	expect(logger.warn).toHaveBeenCalledOnce();
	expect(logger.warn.mock.calls[0]?.[1]).toBe(
		'event bridge: EVENT_BRIDGE_FIELDS names what is not there: orders (no such collection), feedback: colour (no such field)',
	);
});
