import type { OperationApiConfig } from '@directus/types';
import { afterCommit } from '../capture/after-commit.js';
import { currentTraceparent } from '../capture/trace-context.js';
import { nudgeRelay } from '../relay/takeover.js';
import type { PublishEventOptions } from './parse-event.js';
import { publishEvent } from './publish-event.js';

/** Lets Flows publish durably. In a blocking Flow the event is part of the save that triggered it. */
const operation: OperationApiConfig<PublishEventOptions> = {
	id: 'publish-event',
	handler: async (options, { accountability, data, database, flow }) => {
		const published = await publishEvent(options, {
			database,
			run: { flowId: flow?.id ?? null, trigger: data['$trigger'] },
			userId: accountability?.user ?? null,
			traceparent: currentTraceparent(),
		});
		if (database.isTransaction) afterCommit(database, nudgeRelay);
		else nudgeRelay();
		return published;
	},
};

export default operation;
