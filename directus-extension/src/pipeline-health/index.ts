import type { PanelConfig } from '@directus/types';
import { strings } from '../app/strings.js';
import PipelineHealth from './pipeline-health.vue';

/** Says on a dashboard whether the bridge delivers. */
const pipelineHealth: PanelConfig = {
	id: 'pipeline-health',
	name: strings.panel.name,
	icon: 'conversion_path',
	description: strings.panel.description,
	component: PipelineHealth,
	options: [],
	minWidth: 14,
	minHeight: 8,
};

export default pipelineHealth;
