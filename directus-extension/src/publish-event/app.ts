import type { OperationAppConfig } from '@directus/types';
import { OPTIONS } from './parse-event.js';

type Option = keyof typeof OPTIONS;

const json = { interface: 'input-code', options: { language: 'json', lineWrapping: true, template: '{}' } };
const code = { interface: 'input', options: { font: 'monospace' } };

/** The form, in the order in which one thinks of an event: what happened, to whom, and where it came from. */
const operation: OperationAppConfig = {
	id: 'publish-event',
	name: 'Publish Event',
	icon: 'cell_tower',
	description: 'Publishes an event on the bus, durably: it is sent again until it is taken.',
	overview: ({ type, version, collection, key }) => [
		{ label: OPTIONS.type, text: type ?? '–' },
		{ label: OPTIONS.version, text: String(version ?? 1) },
		{ label: 'About', text: key ? `${collection ?? ''}/${key}` : 'the item of the trigger, or this Flow' },
	],
	options: [
		field('type', 'string', 'half', {
			...code,
			required: true,
			note: 'Lower-case words joined by dots.',
			options: { ...code.options, placeholder: 'order.shipped' },
		}),
		field('version', 'integer', 'half', {
			interface: 'input',
			options: { min: 1, placeholder: '1' },
			note: 'Of its contract.',
		}),
		field('data', 'json', 'full', { ...json, note: 'What happened, as the contract of the event wants it.' }),
		field('collection', 'string', 'half', {
			...code,
			note: 'Of the item that the event is about; by default the item of the trigger, or this Flow.',
		}),
		field('key', 'string', 'half', { ...code, note: 'The primary key of that item.' }),
		field('customer', 'string', 'half', { ...code, note: 'The key of the customer whom this concerns.' }),
		field('producer', 'string', 'half', {
			...code,
			note: 'Who says so; by default what the sidecar is configured with.',
			options: { ...code.options, placeholder: 'directus' },
		}),
		field('correlationId', 'string', 'half', { ...code, note: 'The id of the first event of the chain.' }),
		field('causationId', 'string', 'half', { ...code, note: 'The id of the event that this one follows from.' }),
		field('context', 'json', 'half', { ...json, note: 'Where it came from: device, session, source.' }),
		field('properties', 'json', 'half', { ...json, note: 'Anything else; no contract looks at it.' }),
	],
};

function field(name: Option, type: string, width: string, meta: object): object {
	return { field: name, name: OPTIONS[name], type, meta: { width, ...meta } };
}

export default operation;
