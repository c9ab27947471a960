import type { InterfaceConfig } from '@directus/types';
import { strings } from '../app/strings.js';
import InsightCard from './insight-card.vue';

const { options } = strings.card;

/** Shows an item's insight in its form. It has no value of its own. */
const insightCard: InterfaceConfig = {
	id: 'insight-card',
	name: strings.card.name,
	icon: 'psychology_alt',
	description: strings.card.description,
	component: InsightCard,
	types: ['alias'],
	localTypes: ['presentation'],
	group: 'presentation',
	hideLabel: true,
	autoKey: true,
	options: [
		{
			field: 'text',
			name: options.text,
			type: 'json',
			meta: { width: 'full', interface: 'tags', note: options.textNote, options: { alphabetize: false } },
		},
		{
			field: 'timeline',
			name: options.timeline,
			type: 'string',
			meta: { width: 'half', interface: 'system-collection', note: options.timelineNote },
		},
		{
			field: 'events',
			name: options.events,
			type: 'integer',
			meta: { width: 'half', interface: 'input', options: { min: 0, max: 20, placeholder: '5' } },
		},
	],
};

export default insightCard;
