// Change → event, as bench/config/mappings.toml says it to the sidecar.

export function toEvent(change) {
	const { item } = change;
	return {
		eventId: change.eventId,
		eventType: 'feedback.submitted',
		version: 1,
		producer: 'directus-webform',
		occurredAt: change.occurredAt,
		sequence: change.sequence,
		customerId: item.customer == null ? null : String(item.customer),
		correlationId: change.eventId,
		causationId: null,
		traceparent: change.traceparent ?? null,
		subject: { collection: change.collection, key: change.key },
		context: { source: item.source ?? null },
		data: {
			feedbackId: change.key,
			userId: change.userId ?? null,
			userEmail: item.user_email ?? null,
			rating: item.rating ?? null,
			text: item.text ?? null,
			category: item.category ?? null,
			source: item.source ?? null,
			language: item.language ?? null,
			submittedAt: item.date_created || change.occurredAt,
		},
		properties: {},
	};
}
