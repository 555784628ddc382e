"""What one message costs the worker, stage by stage: from its bytes to its publish, with a stub for the API.

    python bench/message.py [--rounds N] [--check] [--profile]

One thread, no broker, 2 KB in and 1 KB out. Figures are microseconds of this process's CPU, the least of all rounds:
what others do on the machine adds to a round and takes nothing from it. The stages are timed one by one, through the
calls that the worker makes; what lies between them is the rest. The whole ends where the transport would send.
"""

from __future__ import annotations

import cProfile
import gc
import logging
import os
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from pstats import Stats
from typing import TYPE_CHECKING, Any

from bench.loads import body_of
from bench.stub import running_stub
from bench.timing import Target, interleave, parser, print_targets, table
from lib.api import json_body
from lib.api.client import CallOptions, Client
from lib.completions import answer
from lib.completions.endpoint import COMPLETIONS
from lib.environment import Environment
from lib.fallbacks import Fallbacks
from lib.responses.route import CHAT, choose
from lib.step_settings import step_settings
from pysailor import Context, Message
from pysailor.component.component import Component
from pysailor.log import BunyanFormatter, LogTo, Redaction
from pysailor.platform.variables import StepIdentity
from pysailor.step import Step
from pysailor.wire.cipher import Cipher
from pysailor.wire.codec import Codec, Routes
from pysailor.wire.envelope import Delivery, Publish
from pysailor.wire.headers import Incoming, outgoing
from pysailor.wire.passthrough import Passthrough
from pysailor.worker.assembly import identity
from pysailor.worker.bodies import Bodies
from pysailor.worker.delivery import Worker
from pysailor.worker.emitter import Output, new_id, now_ms
from pysailor.worker.throttle import Throttle

if TYPE_CHECKING:
    from collections.abc import Callable

    from pysailor.transport.base import DeliveryOutcome, OnFate

MOST = 220
CALLS = 50
OWN = identity(StepIdentity("flow", "exec", "step_2", "container", "workspace", "user", "component", "sendRequest"), {})
CODEC = Codec(Cipher("password", "0123456789abcdef"), Routes("data", "error", "rebound", "snapshot"))
HEADERS = {"messageId": "message-1", "threadId": "thread-1", "stepId": "step_1", "x-eio-meta-lead": "1"}
BODY = body_of("2 KB")


class Sink:
    """A transport that is done with what it is given; it keeps the last of it."""

    last: Publish

    def publish(self, publish: Publish, _deadline: float | None = None) -> None:
        self.last = publish

    def publish_later(self, publish: Publish, on_fate: OnFate) -> None:
        self.last = publish
        on_fate(None)

    def finish(self, _delivery: Delivery, _outcome: DeliveryOutcome) -> None:
        """Do nothing."""


def main() -> int:
    """Print the table; 1 if the target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=60, help="how often each stage has its turn")
    options.add_argument("--profile", action="store_true", help="print which functions take the time, too")
    args = options.parse_args()
    with ExitStack() as stack:
        cfg = {"model": "gpt-5.1", "apiKey": "key", "baseUrl": stack.enter_context(running_stub())}
        step = Step(Component.find(Path(__file__).parents[1]).function("sendRequest"), cfg)
        stack.callback(step.close)
        whole = worker(stack, step)
        taken = interleave({"whole message": whole, **stages(step)}, rounds=args.rounds, calls=CALLS)
        with LogTo(stack.enter_context(Path(os.devnull).open("w")), BunyanFormatter({}, Redaction()), buffered=True):
            logged = interleave({"": whole}, rounds=args.rounds, calls=CALLS)[""]
        if args.profile:
            profile(whole)
    least = {name: min(seconds) * 1e6 for name, seconds in taken.items()}
    message = least.pop("whole message")
    parts = {
        **least,
        "the rest": message - sum(least.values()),
        "whole message": message,
        "with its log lines": min(logged) * 1e6,
    }
    table(("stage", "µs CPU"), *((name, f"{part:.1f}") for name, part in parts.items()))
    return print_targets([Target("a whole message", message, MOST, " µs")], check=args.check)


def worker(stack: ExitStack, step: Step) -> Callable[[], object]:
    """Return what takes one message through a worker."""
    storage: Any = None
    transport: Any = Sink()
    output = Output(transport, CODEC, Throttle(), Passthrough("step_2"), Bodies(storage), lambda _: None)
    ready = stack.enter_context(Worker(step, output, OWN, 600.0))
    delivery = Delivery(1, CODEC.cipher.encode({"body": BODY}), HEADERS, {})
    found = ready(delivery)
    assert transport.last.routing_key == "data", found
    return partial(ready, delivery)


def stages(step: Step) -> dict[str, Callable[[], object]]:
    """Return the stages of a message, in their order, each on its own."""
    ctx = Context(kept=step.kept)
    settings = step_settings(step.cfg, ctx)
    client = ctx.keep(Client, settings.connection)
    models, now = ctx.keep(Environment).models, datetime.now(tz=UTC)
    built = COMPLETIONS.build(BODY, "gpt-5.1", models, client.server)
    sent = built.body
    call = CallOptions(settings.limits, logging.getLogger("bench"))
    got = client.ask(COMPLETIONS, sent, call).body
    content = CODEC.cipher.encode({"body": BODY})
    incoming = Incoming.read(HEADERS, "new")
    message = CODEC.decode(incoming, HEADERS, content)
    made = Message(body={**got, "result": {}}, headers={"x-outcome": "completed"})
    shared = outgoing(incoming, OWN, now_ms())
    written = CODEC.data(made, shared, now_ms=now_ms(), new_id=new_id())
    return {
        "headers read, headers begun": lambda: outgoing(Incoming.read(HEADERS, new_id()), OWN, now_ms()),
        "decode": lambda: CODEC.decode(incoming, HEADERS, content),
        "schema of the input": lambda: step.accept(message),
        "pipeline made": lambda: Fallbacks.of_step(CHAT, step.cfg, ctx),
        "endpoint chosen": lambda: choose(sent, api="auto", server=client.server, family=built.family, refusals=()),
        "request built": lambda: COMPLETIONS.build(BODY, "gpt-5.1", models, client.server),
        "rules between fields": lambda: CHAT.check(built, public_api=False, strict=False, refusals=(), now=now),
        "request written": lambda: json_body.write(sent),
        "HTTP, answer read": lambda: client.ask(COMPLETIONS, sent, call),
        "usage": lambda: COMPLETIONS.usage(got),
        "report": lambda: answer.report(got, sent),
        "encode": lambda: CODEC.data(made, shared, now_ms=now_ms(), new_id=new_id()),
        "publish": lambda: Sink().publish(written),
    }


def profile(work: Callable[[], object]) -> None:
    """Print which functions take the time."""
    gc.collect()
    profiler = cProfile.Profile(time.process_time)
    profiler.enable()
    for _ in range(40 * CALLS):
        work()
    profiler.disable()
    Stats(profiler).sort_stats("cumulative").print_stats(150)


if __name__ == "__main__":
    sys.exit(main())
