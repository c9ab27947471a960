// A worker as a user would write it: judges each feedback and writes the result back, one by one.
import { SQSClient } from '@aws-sdk/client-sqs';
import { Consumer } from 'sqs-consumer';
import vader from 'vader-sentiment';

const consumer = Consumer.create({
	queueUrl: process.env.QUEUE_URL,
	sqs: new SQSClient(),
	batchSize: Number(process.env.BATCH_SIZE),
	waitTimeSeconds: 20,
	handleMessage: async (message) => {
		const { key, text } = JSON.parse(message.Body).detail;
		await writeBack(key, vader.SentimentIntensityAnalyzer.polarity_scores(text));
		return message;
	},
});
consumer.on('error', fail);
consumer.on('processing_error', fail);
consumer.start();

async function writeBack(key, { compound }) {
	const label = compound >= 0.05 ? 'positive' : compound <= -0.05 ? 'negative' : 'neutral';
	const answer = await fetch(`${process.env.DIRECTUS_URL}/items/feedback/${key}`, {
		method: 'PATCH',
		headers: { authorization: `Bearer ${process.env.DIRECTUS_TOKEN}`, 'content-type': 'application/json' },
		body: JSON.stringify({ sentiment: label, sentiment_score: compound }),
	});
	await answer.text();
	if (!answer.ok) throw new Error(`Directus answered ${answer.status}`);
}

function fail(error) {
	console.error(error);
	process.exit(1);
}
