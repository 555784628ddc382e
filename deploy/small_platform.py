"""What a platform gives to one step, as far as trying it out needs it. Both commands read the step's environment.

small_platform.py serve [HOST]    make the queues, then serve the worker its cfg (STEP_CONFIG, JSON) over HTTP
small_platform.py send < SAMPLE   put a sample's message into the step's queue and print what comes of it

The cfg holds a key: it is served to who logs in as the step does, and on this machine only (127.0.0.1) unless HOST is
another address to listen on.
"""

from __future__ import annotations

import json
import os
import sys
from base64 import b64encode
from contextlib import contextmanager
from hmac import compare_digest
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

try:
    import pika
except ModuleNotFoundError:
    sys.exit("small_platform.py: this needs pika: pip install -e '.[rabbitmq]' in the checkout")

from pysailor.platform.settings import WorkerSettings
from pysailor.wire.cipher import Cipher

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 120
EXAMPLE = '{"msg": {"body": {}}}'
THIS_MACHINE = "127.0.0.1"


@contextmanager
def channel_to(settings: WorkerSettings) -> Iterator[Any]:
    """Return a channel to the broker."""
    try:
        connection = pika.BlockingConnection(pika.URLParameters(settings.amqp.uri))
    except (pika.exceptions.AMQPError, OSError) as error:
        place = urlsplit(settings.amqp.uri)
        sys.exit(
            f"RabbitMQ cannot be used at {place.hostname}:{place.port or 5672} ({type(error).__name__}): start it, or "
            "mend ELASTICIO_AMQP_URI."
        )
    try:
        yield connection.channel()
    finally:
        connection.close()


def declare(settings: WorkerSettings) -> None:
    """Make the queues of the step; what comes out of it stays in queues named after their routing keys."""
    amqp = settings.amqp
    back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": amqp.listen_on}
    out = {amqp.data_routing_key: {}, amqp.error_routing_key: {}, amqp.snapshot_routing_key: {"x-max-length": 100}}
    with channel_to(settings) as channel:
        channel.exchange_declare(amqp.publish_to, "direct", durable=True)
        channel.queue_declare(amqp.listen_on, durable=True)
        for key, arguments in {**out, amqp.rebound_routing_key: back}.items():
            channel.queue_declare(key, durable=True, arguments=arguments)
            channel.queue_bind(key, amqp.publish_to, key)


def serve(settings: WorkerSettings, config: dict[str, Any], host: str) -> None:
    """Answer workers' requests for their step until the process is ended."""
    document = json.dumps({"config": config, "snapshot": {}, "is_passthrough": False, "variables": {}}).encode()
    path = f"/v1/tasks/{settings.step.flow_id}/steps/{settings.step.step_id}"
    login = "Basic " + b64encode(f"{settings.api.username}:{settings.api.key}".encode()).decode()

    class Platform(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = compare_digest(self.headers.get("Authorization", "").encode(), login.encode())
            status = 401 if not is_known else 200 if self.path == path else 404
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(document if status == HTTPStatus.OK else b"{}")

        def log_message(self, *_: object) -> None:
            pass  # the requests of workers are not of interest

    ThreadingHTTPServer((host, urlsplit(settings.api.uri).port or 80), Platform).serve_forever()


def send(settings: WorkerSettings, sample: dict[str, Any]) -> int:
    """Take a sample's message through the step and print what comes out; return 0 if it is a message, 1 if an error."""
    amqp, cipher = settings.amqp, Cipher(settings.crypto.password, settings.crypto.iv)
    name = str(uuid4())
    headers = {"messageId": name, "execId": settings.step.exec_id, "taskId": settings.step.flow_id}
    with channel_to(settings) as channel:
        outcomes: list[tuple[str, dict[str, Any]]] = []

        def take(channel: Any, method: Any, properties: Any, content: bytes) -> None:
            channel.basic_ack(method.delivery_tag)
            if properties.headers.get("parentMessageId") == name:
                outcomes.append((method.routing_key, read(cipher, content)))

        warn_of_missing(channel, amqp.listen_on)
        for key in (amqp.data_routing_key, amqp.error_routing_key):
            channel.basic_consume(key, take)
        channel.basic_publish("", amqp.listen_on, cipher.encode(sample["msg"]), pika.BasicProperties(headers=headers))
        channel.connection.call_later(SECONDS, channel.close)
        while channel.is_open and not outcomes:
            channel.connection.process_data_events(time_limit=1)
    if not outcomes:
        sys.exit(f"Nothing came out within {SECONDS} seconds. Does a worker run?")
    [(key, document)] = outcomes
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return int(key == amqp.error_routing_key)


def warn_of_missing(channel: Any, queue: str) -> None:
    """Warn on standard error if nobody reads the queue yet; end the program if there is no such queue."""
    try:
        declared = channel.queue_declare(queue, passive=True)
    except pika.exceptions.ChannelClosedByBroker:
        sys.exit(f"There is no queue {queue} yet: start small_platform.py serve first; it makes the queues.")
    if declared.method.consumer_count == 0:
        sys.stderr.write(f"No worker reads {queue} yet; the message waits {SECONDS} seconds for one: pysailor run\n")


def read_sample(text: str) -> dict[str, Any]:
    """Return a sample; end the program, saying what one looks like, if the text is none."""
    try:
        sample = json.loads(text)
    except ValueError as error:
        sys.exit(f"Standard input is no JSON ({error}); a sample is: {EXAMPLE}")
    if not isinstance(sample, dict) or not isinstance(sample.get("msg"), dict):
        sys.exit(f"Standard input is no sample: its msg is missing; a sample is: {EXAMPLE}")
    return sample


def read(cipher: Cipher, content: bytes) -> dict[str, Any]:
    """Return what a message says; that of an error is plain and holds the encrypted error."""
    if content.startswith(b"{"):
        return {"error": cipher.decode(json.loads(content)["error"].encode())}
    return dict(cipher.decode(content))


if __name__ == "__main__":
    if sys.argv[1:2] not in (["send"], ["serve"]):
        sys.exit(__doc__)
    told = WorkerSettings.from_environment(os.environ)
    if sys.argv[1:] == ["send"]:
        sys.exit(send(told, read_sample(sys.stdin.read())))
    declare(told)
    serve(told, json.loads(os.environ["STEP_CONFIG"]), (sys.argv[2:] or [THIS_MACHINE])[0])
