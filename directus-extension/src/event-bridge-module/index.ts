import type { ModuleConfig } from '@directus/types';
import { strings } from '../app/strings.js';
import DeadLettersPage from './pages/dead-letters.vue';
import EventsPage from './pages/events.vue';
import OutboxPage from './pages/outbox.vue';
import OverviewPage from './pages/overview.vue';
import SetupPage from './pages/setup.vue';

/** Where an admin sees how the bridge is doing. Nobody else has it; the endpoint behind it refuses them, too. */
const eventBridge: ModuleConfig = {
	id: 'event-bridge',
	name: strings.module.name,
	icon: 'conversion_path',
	routes: [
		{ path: '', component: OverviewPage },
		{ path: 'outbox', component: OutboxPage },
		{ path: 'dead-letters', component: DeadLettersPage },
		{ path: 'events', component: EventsPage },
		{ path: 'setup', component: SetupPage },
	],
	preRegisterCheck: (user) => 'admin_access' in user && user.admin_access,
};

export default eventBridge;
