import { expect, test } from 'vitest';
import { collection, feedback, field, schemaOf } from '../testing/schema.js';
import { settingsWith } from '../testing/settings.js';
import { CapturePlans, touchesOnlyUnwatched } from './capture-plan.js';

const customers = collection('customers', [field('id'), field('tier')]);
const plansOf = (fields: string) =>
	new CapturePlans(settingsWith({ EVENT_BRIDGE_COLLECTIONS: '*,!customers', EVENT_BRIDGE_FIELDS: fields }));

test('a collection that is not named is told whole', () => {
	const plan = plansOf('*').of('feedback', schemaOf(feedback));

	expect(plan).toMatchObject({ isPartial: false, related: [] });
	expect(plan?.told).not.toContain('comments');
});

test('a collection that is not watched, or not there, has no plan', () => {
	const plans = plansOf('*');

	expect(plans.of('customers', schemaOf(customers))).toBeNull();
	expect(plans.of('orders', schemaOf(customers))).toBeNull();
});

test('a plan is made once for each schema, and follows one that has changed', () => {
	const plans = plansOf('feedback: * !mood');
	const schema = schemaOf(feedback);
	const grown = schemaOf({ ...feedback, fields: { ...feedback.fields, mood: field('mood'), tone: field('tone') } });

	const plan = plans.of('feedback', schema);

	expect(plans.of('feedback', schema)).toBe(plan);
	expect(plan?.isPartial).toBe(false);
	expect(plans.of('feedback', grown)).toMatchObject({ isPartial: true });
	expect(plans.of('feedback', grown)?.told).toContain('tone');
});

test('a related collection is read although it is not watched itself; what the schema lacks is left out', () => {
	const plan = plansOf('feedback: customer.tier rating.tier').of('feedback', schemaOf(feedback, customers));

	expect(plan?.related).toMatchObject([{ foreignKey: 'customer', told: new Set(['id', 'tier']) }]);
});

test.each([
	[['rating'], true],
	[['rating', 'text'], false],
	[['text'], false],
	[[], false],
])('that %j changed is of unwatched fields only: %s', (changed, expected) => {
	const plan = plansOf('feedback: text').of('feedback', schemaOf(feedback));

	expect(plan && touchesOnlyUnwatched(plan, changed)).toBe(expected);
});
