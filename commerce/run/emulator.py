"""The AWS emulator of --aws-local and of the tests: ministack in its own virtual environment, on loopback only."""

import json
import socket
import subprocess
import urllib.error
import urllib.request
from contextlib import closing, suppress
from typing import Any

from commerce.run.children import open_log, spawn
from commerce.run.places import Places
from commerce.run.preparing import environment, python_packages

REQUIREMENTS = "requirements-aws-local.txt"
REGION = "eu-central-1"
BUS = "onecounter"
QUEUE = "onecounter-events"
RULE = "everything"


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Emulator:
    name = "aws"

    def __init__(self, *, places: Places, port: int | None = None) -> None:
        self.places = places
        # The port of the last time when it is still free: what people wrote down keeps working.
        self.port = port or _usable(places.state("aws.json").get("port")) or free_port()

    def install(self) -> None:
        python_packages(self.places, requirements=REQUIREMENTS, venv=self.places.venv_aws)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What boto3 and our settings need to reach it. The keys open nothing anywhere."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",  # noqa: S106
        }

    def start(self) -> subprocess.Popen[bytes]:
        state = self.places.var / "aws"
        state.mkdir(parents=True, exist_ok=True)
        self.places.keep("aws.json", {"port": self.port})
        env = environment(
            self.places,
            BIND_HOST="127.0.0.1",
            GATEWAY_PORT=str(self.port),
            MINISTACK_REGION=REGION,
            PERSIST_STATE="1",
            S3_PERSIST="1",
            STATE_DIR=str(state),
            S3_DATA_DIR=str(state / "s3"),
        )
        with open_log(self.places.log / "aws.log") as log:
            return spawn([self.places.venv_aws / "bin" / "python", "-m", "ministack"], log=log, env=env, cwd=state)

    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except OSError:
            return False

    def make_bus(self) -> None:
        """A bus and one rule that puts every event into a queue, so that a person can look. Said again, it changes nothing."""
        with suppress(urllib.error.HTTPError):
            self.call("events", "AWSEvents.CreateEventBus", {"Name": BUS})
        with suppress(urllib.error.HTTPError):
            self.call("sqs", "AmazonSQS.CreateQueue", {"QueueName": QUEUE})
        url = self.call("sqs", "AmazonSQS.GetQueueUrl", {"QueueName": QUEUE})["QueueUrl"]
        told = self.call("sqs", "AmazonSQS.GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["QueueArn"]})
        pattern = json.dumps({"source": [{"prefix": ""}]})
        self.call("events", "AWSEvents.PutRule", {"Name": RULE, "EventBusName": BUS, "EventPattern": pattern, "State": "ENABLED"})
        target = {"Id": QUEUE, "Arn": told["Attributes"]["QueueArn"]}
        self.call("events", "AWSEvents.PutTargets", {"Rule": RULE, "EventBusName": BUS, "Targets": [target]})

    def call(self, service: str, target: str, body: dict[str, Any]) -> dict[str, Any]:
        """One JSON call, unsigned: the emulator reads service and region from the header and checks nothing."""
        headers = {
            "Content-Type": "application/x-amz-json-1.0" if service == "sqs" else "application/x-amz-json-1.1",
            "X-Amz-Target": target,
            "Authorization": f"AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{service}/aws4_request, SignedHeaders=host, Signature=0",
        }
        request = urllib.request.Request(f"{self.url}/", data=json.dumps(body).encode(), headers=headers, method="POST")  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            told = json.loads(answer.read() or b"{}")
            return told if isinstance(told, dict) else {}


def _usable(port: Any) -> int | None:
    if not isinstance(port, int):
        return None
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return None
    return port
