import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';

const client = new EventBridgeClient();

/** Publishes each new feedback before it is saved, so that none is saved unannounced. */
export default ({ filter }) => {
	filter('feedback.items.create', async (payload) => {
		const entry = {
			EventBusName: 'event-bridge',
			Source: 'directus',
			DetailType: 'feedback.created',
			Detail: JSON.stringify(payload),
		};
		const { FailedEntryCount } = await client.send(new PutEventsCommand({ Entries: [entry] }));
		if (FailedEntryCount > 0) throw new Error('EventBridge did not take the event');
		return payload;
	});
};
