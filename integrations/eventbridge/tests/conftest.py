import json
import os
from uuid import uuid4

import boto3
import pytest

from integrations.eventbridge import client, subscribers
from kernel import outbox

REGION = "eu-central-1"
REGISTERED = {subscriber.name: subscriber for subscriber in outbox.subscribers()}
"""What the apps registered when they became ready, before any test."""


@pytest.fixture(autouse=True)
def only_the_bus_listens(monkeypatch):
    monkeypatch.setattr(outbox, "_subscribers", {})
    outbox.register(outbox.Subscriber(name="eventbridge", types=("*",), deliver=subscribers.deliver, obstacle=subscribers.obstacle))
    client.connected.cache_clear()
    yield
    client.connected.cache_clear()


@pytest.fixture(autouse=True)
def keys_that_open_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def aws(keys_that_open_nothing):
    """The AWS emulator's address."""
    url = os.environ.get("ONECOUNTER_TEST_EMULATOR") or os.environ.get("AWS_ENDPOINT_URL")
    if not url:
        pytest.skip("no AWS emulator: bin/test starts one; or run ministack with BIND_HOST=127.0.0.1 and set ONECOUNTER_TEST_EMULATOR to its address")
    return url


@pytest.fixture
def bus(aws, settings):
    """A bus of this test's own, with a rule that puts our events into a queue."""
    name = f"test-{uuid4().hex[:12]}"
    events = boto3.client("events", region_name=REGION, endpoint_url=aws)
    sqs = boto3.client("sqs", region_name=REGION, endpoint_url=aws)
    events.create_event_bus(Name=name)
    queue = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventBusName=name, EventPattern=json.dumps({"source": ["onecounter"]}))
    events.put_targets(Rule=name, EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])
    settings.AWS_EVENT_BUS, settings.AWS_ENDPOINT_URL, settings.AWS_REGION = name, aws, REGION
    yield Queue(sqs, queue)
    events.remove_targets(Rule=name, EventBusName=name, Ids=["queue"])
    events.delete_rule(Name=name, EventBusName=name)
    events.delete_event_bus(Name=name)
    sqs.delete_queue(QueueUrl=queue)


class Queue:
    def __init__(self, sqs, url):
        self.sqs = sqs
        self.url = url

    def received(self, *, at_least):
        """Waits for that many different events, then takes what else is there."""
        events = []
        for _ in range(200):
            enough = len({event["detail"]["id"] for event in events}) >= at_least
            told = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=0 if enough else 1).get("Messages", [])
            if enough and not told:
                break
            events += [json.loads(message["Body"]) for message in told]
            for message in told:
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return events
