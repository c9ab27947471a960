import { language, score as scoreText, words } from '../app/format.js';
import { strings } from '../app/strings.js';

/** What was found out about an item, as far as its fields tell. */
export interface Insight {
	sentiment: Sentiment | null;
	findings: Finding[];
	customer: { key: string | null; facts: Fact[] };
	computedAt: string | null;
	engine: string | null;
	eventId: string | null;
}

export interface Sentiment {
	label: Label;
	/** -1 to 1; `null` when it was not scored. */
	score: number | null;
	/** 0 to 1. */
	confidence: number | null;
	reason: string;
}

export type Label = 'positive' | 'neutral' | 'negative' | 'unscored';
const LABELS: Label[] = ['positive', 'neutral', 'negative', 'unscored'];

/** One decision or suggestion, and what speaks for it. */
export interface Finding {
	name: 'category' | 'priority' | 'team' | 'escalation';
	title: string;
	value: string;
	reason: string;
}

export interface Fact {
	title: string;
	value: string;
}

type Item = Record<string, unknown>;

/** The fields that may hold a finding, the sidecar's suggestion first: what an agent decided is in the form already. */
const SOURCES = {
	category: ['suggested_category', 'category'],
	priority: ['suggested_priority', 'priority'],
	team: ['suggested_team', 'team'],
} as const;

/** Every field that an insight is read from. */
export const FIELDS = [
	...Object.values(SOURCES).flat(),
	'sentiment',
	'sentiment_score',
	'sentiment_confidence',
	'detected_language',
	'explanation',
	'needs_human',
	'escalation_reason',
	'customer',
	'customer_context',
];

/** Reads the item. `null` when nothing has been found out about it yet. */
export function insightOf(item: Item): Insight | null {
	const explanation = objectAt(item, 'explanation');
	const sentiment = sentimentOf(item, explanation);
	const isEscalated = item['needs_human'] === true;
	if (sentiment === null && explanation === null && !isEscalated) return null;

	const reasons = reasonsOf(explanation);
	const suggested = (['category', 'priority', 'team'] as const).flatMap((name) => {
		const value = SOURCES[name].map((field) => textAt(item, field)).find((text) => text !== null);
		// A value without a reason is the form's own, unless it is a field that only the sidecar writes.
		const isOurs = reasons.has(name) || textAt(item, SOURCES[name][0]) !== null;
		return value === undefined || value === null || !isOurs ? [] : [finding(name, words(value), reasons.get(name))];
	});
	const escalation = isEscalated
		? [finding('escalation', strings.card.needed, textAt(item, 'escalation_reason') ?? undefined)]
		: [];
	return {
		sentiment,
		findings: [...escalation, ...suggested],
		customer: {
			key: keyOf(item['customer']),
			facts: factsOf(objectAt(item, 'customer_context') ?? objectAt(explanation, 'customer')),
		},
		computedAt: textAt(explanation, 'computedAt'),
		engine: textAt(explanation, 'engine'),
		eventId: textAt(explanation, 'eventId'),
	};
}

/** A primary key as a text; `null` for anything else, such as an item that is not saved yet. */
export function keyOf(value: unknown): string | null {
	return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

/** Where on the scale the marker stands, in percent from the left. */
export function placeOf(score: number): number {
	return Math.round((Math.min(1, Math.max(-1, score)) + 1) * 50);
}

/** What is known of a customer: names as they were configured, in words. */
export function factsOf(context: Item | null): Fact[] {
	return Object.entries(context ?? {}).flatMap(([name, value]) =>
		typeof value === 'string' || typeof value === 'number'
			? [{ title: words(spaced(name)), value: String(value) }]
			: [],
	);
}

function sentimentOf(item: Item, explanation: Item | null): Sentiment | null {
	const explained = objectAt(explanation, 'sentiment');
	const label = labelOf(textAt(item, 'sentiment') ?? textAt(explained, 'label'));
	if (label === null) return null;
	const score = numberAt(item, 'sentiment_score') ?? numberAt(explained, 'score');
	const confidence = numberAt(item, 'sentiment_confidence') ?? numberAt(explained, 'confidence');
	const code = textAt(item, 'detected_language') ?? textAt(explanation, 'language');
	return { label, score, confidence, reason: reasonOf(label, score, code, textAt(explanation, 'engine')) };
}

function reasonOf(label: Label, score: number | null, code: string | null, engine: string | null): string {
	const name = code === null ? null : language(code);
	if (label === 'unscored' || score === null)
		return name === null ? strings.card.noReason : strings.card.unscored(name);
	return engine === null ? strings.card.noReason : strings.card.scored(scoreText(score), engineName(engine), name);
}

/** `vader-3.3.2` as people call it. */
export function engineName(engine: string): string {
	const [, name, version] = /^vader-(.+)$/.exec(engine) === null ? [] : ['', 'VADER', engine.slice('vader-'.length)];
	return name === undefined ? words(engine) : `${name} ${version}`;
}

function finding(name: Finding['name'], value: string, reason: string | undefined): Finding {
	return { name, title: strings.card.findings[name], value, reason: reason ?? strings.card.noReason };
}

function reasonsOf(explanation: Item | null): Map<string, string> {
	const reasons = explanation?.['reasons'];
	if (!Array.isArray(reasons)) return new Map();
	return new Map(
		reasons.flatMap((reason: unknown) => {
			const [name, text] = [textAt(reason, 'finding'), textAt(reason, 'explanation')];
			return name === null || text === null ? [] : [[name, text]];
		}),
	);
}

function labelOf(text: string | null): Label | null {
	return LABELS.find((label) => label === text) ?? null;
}

/** `openTickets` as two words. */
function spaced(name: string): string {
	return name.replaceAll(/([a-z])([A-Z])/g, (_, before: string, after: string) => `${before} ${after.toLowerCase()}`);
}

function at(value: unknown, key: string): unknown {
	return typeof value === 'object' && value !== null ? new Map(Object.entries(value)).get(key) : undefined;
}

function textAt(value: unknown, key: string): string | null {
	const text = at(value, key);
	return typeof text === 'string' && text !== '' ? text : null;
}

function numberAt(value: unknown, key: string): number | null {
	const number = at(value, key);
	return typeof number === 'number' ? number : null;
}

/** A JSON field, which some databases give as text. */
function objectAt(value: unknown, key: string): Item | null {
	const found = at(value, key);
	if (typeof found !== 'object' || found === null || Array.isArray(found)) return null;
	return { ...found };
}
