import { FIELDS } from './insight.js';

/** What an admin may set for the card. */
export interface CardOptions {
	text: string[] | null;
	timeline: string | null;
	events: number | null;
}

/** Field names that hold what somebody wrote, in most projects. */
const TEXT_FIELDS = ['text', 'subject', 'body', 'title', 'description'];
const TIMELINE = 'customer_events';
const EVENTS_DEFAULT = 5;
const EVENTS_MAX = 20;

/** The fields to ask for: only those that the collection has, or Directus refuses the whole question. */
export function fieldsToRead(existing: readonly string[]): string[] {
	return FIELDS.filter((field) => existing.includes(field));
}

/** The fields that "analyse again" is about. */
export function fieldsToAnalyse(options: Pick<CardOptions, 'text'>, existing: readonly string[]): string[] {
	const wanted = options.text?.length ? options.text : TEXT_FIELDS;
	return wanted.filter((field) => existing.includes(field));
}

/** A customer's last events, as the user may see them. */
export interface TimelineQuery {
	path: string;
	params: { fields: string[]; filter: object; sort: string; limit: number };
}

export interface TimelineEntry {
	id: string;
	event_type: string | null;
	occurred_at: string;
	subject_collection: string | null;
	subject_key: string | null;
}

export function timelineQuery({ timeline, events }: CardOptions, customer: string): TimelineQuery {
	return {
		path: `/items/${encodeURIComponent(timeline ?? TIMELINE)}`,
		params: {
			fields: ['id', 'event_type', 'occurred_at', 'subject_collection', 'subject_key'],
			filter: { customer: { _eq: customer } },
			sort: '-occurred_at',
			limit: Math.min(events ?? EVENTS_DEFAULT, EVENTS_MAX),
		},
	};
}

/** Whether an item exists already: a new one has no key yet, or Directus' sign for it. */
export function isSaved(key: string | number | null | undefined): key is string | number {
	return key !== null && key !== undefined && key !== '' && key !== '+';
}
