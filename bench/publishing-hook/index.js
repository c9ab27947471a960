import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

const client = new EventBridgeClient();

/** Publishes each new feedback once it is saved, because before it has no key. A crash in between loses it. */
export default ({ action }) => {
	action('feedback.items.create', async ({ key, payload }) => {
		const entry = {
			EventBusName: 'event-bridge',
			Source: 'directus',
			DetailType: 'feedback.created',
			Detail: JSON.stringify({ key, ...payload }),
		};
		const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries: [entry] }));
		if (FailedEntryCount > 0) throw new Error('EventBridge did not take the event');
	});
};
