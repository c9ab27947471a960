import { expect, test } from 'vitest';
import { engineName, factsOf, insightOf, placeOf } from './insight.js';

const explanation = {
	eventId: '01a1cf18-c269-7259-8784-948c74f549a6',
	computedAt: '2026-11-12T09:31:09.120Z',
	engine: 'vader-3.3.2',
	sentiment: { label: 'negative', score: -0.8439, confidence: 0.84 },
	language: 'en',
	customer: { tier: 'business', openTickets: 1 },
	reasons: [
		{ finding: 'category', rule: 'speaks_of_money', explanation: 'It speaks of money.' },
		{ finding: 'priority', rule: 'very_angry', explanation: 'The text is strongly negative.' },
	],
};
const ticket = {
	sentiment: 'negative',
	sentiment_score: -0.8439,
	suggested_category: 'billing',
	suggested_priority: 'urgent',
	suggested_team: 'billing',
	customer: 7,
	explanation,
};

test('an item that was not analysed has no insight, whatever its form says', () => {
	expect(insightOf({})).toBeNull();
	expect(insightOf({ category: 'idea', priority: 'high', customer: 7, sentiment: null, explanation: null })).toBeNull();
});

test('each finding comes with its reason, and says so where none was kept', () => {
	expect(insightOf(ticket)?.findings).toEqual([
		{ name: 'category', title: 'Category', value: 'Billing', reason: 'It speaks of money.' },
		{ name: 'priority', title: 'Priority', value: 'Urgent', reason: 'The text is strongly negative.' },
		{ name: 'team', title: 'Team', value: 'Billing', reason: 'No reason was kept.' },
	]);
});

test('the sentiment has its score, how sure it is, and who says so', () => {
	expect(insightOf(ticket)?.sentiment).toEqual({
		label: 'negative',
		score: -0.8439,
		confidence: 0.84,
		reason: 'VADER 3.3.2 scores the text -0.84, read as English.',
	});
});

test('a text that the judge cannot read is told as such', () => {
	const insight = insightOf({ sentiment: 'unscored', detected_language: 'de', explanation: { engine: 'vader-3.3.2' } });

	expect(insight?.sentiment).toMatchObject({
		score: null,
		reason: 'The text is in German, which the judge does not read.',
	});
});

test('a person who is needed comes first', () => {
	const insight = insightOf({ ...ticket, needs_human: true, escalation_reason: 'Two automated replies failed.' });

	expect(insight?.findings[0]).toEqual({
		name: 'escalation',
		title: 'Person needed',
		value: 'Yes',
		reason: 'Two automated replies failed.',
	});
});

test("what an agent's form says without a reason of ours is not shown as ours", () => {
	const insight = insightOf({ sentiment: 'positive', category: 'idea', priority: 'high', explanation });

	expect(insight?.findings.map(({ name }) => name)).toEqual(['category', 'priority']);
});

test('it says when it was computed, from what, and for whom', () => {
	expect(insightOf(ticket)).toMatchObject({
		computedAt: explanation.computedAt,
		engine: 'vader-3.3.2',
		eventId: explanation.eventId,
		customer: {
			key: '7',
			facts: [
				{ title: 'Tier', value: 'business' },
				{ title: 'Open tickets', value: '1' },
			],
		},
	});
});

test('what is neither text nor number is no fact', () => {
	expect(factsOf({ tier: 'gold', interests: ['bikes'], value: null })).toEqual([{ title: 'Tier', value: 'gold' }]);
});

test.each([
	[-1, 0],
	[0, 50],
	[0.5, 75],
	[7, 100],
])('a score of %i stands at %i %%', (score, place) => {
	expect(placeOf(score)).toBe(place);
});

test('judges are called what people call them', () => {
	expect(engineName('vader-3.3.2')).toBe('VADER 3.3.2');
	expect(engineName('amazon-comprehend')).toBe('Amazon comprehend');
});
