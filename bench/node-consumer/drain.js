// Four consumers in one process, ten messages at a time: they parse what came, and do nothing about it.
import { setTimeout as sleep } from 'node:timers/promises';
import { SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';

const CONSUMERS = 4;
const SLOW_MS = 5_000;
const sqs = new SQSClient();

for (let index = 0; index < CONSUMERS; index++) {
	const consumer = Consumer.create({
		queueUrl: process.env.QUEUE_URL,
		sqs,
		batchSize: 10,
		waitTimeSeconds: 20,
		handleMessageBatch: async (messages) => {
			await Promise.all(messages.map(handle));
			return messages;
		},
	});
	consumer.on('error', fail);
	consumer.on('processing_error', fail);
	consumer.start();
}

async function handle({ Body }) {
	const { detail } = JSON.parse(Body);
	if (detail.properties.slow) await sleep(SLOW_MS);
}

function fail(error) {
	console.error(error);
	process.exit(1);
}
