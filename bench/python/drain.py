"""A worker as a user would write it: receives ten messages, does nothing about each, deletes them."""

import json
import os
import time

import boto3

SLOW_SECS = 5

queue_url = os.environ["QUEUE_URL"]
queue = boto3.client("sqs", region_name="us-east-1")
while True:
    received = queue.receive_message(QueueUrl=queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
    messages = received.get("Messages", [])
    for message in messages:
        event = json.loads(message["Body"])["detail"]
        if event["properties"]["slow"]:
            time.sleep(SLOW_SECS)
    if messages:
        entries = [{"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                   for index, message in enumerate(messages)]
        deleted = queue.delete_message_batch(QueueUrl=queue_url, Entries=entries)
        assert not deleted.get("Failed"), deleted
