"""A flow on a real RabbitMQ: each step a process, mappers and routers between them, nothing lost."""

from __future__ import annotations

import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.flow.document import parse_flow
from pysailor.flow.start import StartSettings, make_plan, start_flow
from pysailor.flow.start.start import Listeners
from pysailor.flow.start.topology import declare, delete

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.broker import Rabbit

pytest.importorskip("pika")

FLOW = """\
flow: 1
name: NAME
variables: {boss: ann}
components:
  message: {builtin: message}
  router: {builtin: router}
  jsonata: {builtin: jsonata}
  filter: {builtin: filter}
steps:
  tickets:
    run: message:fixed
    fields: {message: [{no: 1, kind: bill}, {no: 2, kind: down}, {no: 3, kind: other}]}
  sort: {run: "router:route", after: tickets}
  bill:
    run: jsonata:transform
    after: {sort: kind = "bill"}
    fields: {expression: '{"bill": number, "to": to, "was": $getPassthrough().tickets.body.no}'}
    map: {number: no, to: $getFlowVariables().boss}
  down:
    run: jsonata:transform
    after: {sort: kind = "down"}
    fields: {expression: '{"down": no}'}
  rest:
    run: filter:SimpleJSONataFilter
    after: {sort: otherwise}
    fields: {expression: fails, assertion: true}
on_error:
  run: jsonata:transform
  fields: {expression: '{"handled": name, "text": text}'}
  map: {name: name, text: '"no " & input.no'}
"""


class Told:
    """What a flow told while it ran."""

    def __init__(self) -> None:
        self.results: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []

    @property
    def listeners(self) -> Listeners:
        """Who listens."""
        return Listeners(self.results.append, self.errors.append, lambda *_: None)


@pytest.fixture
def name(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.node.name} {tmp_path.name}"


def start(text: str, broker: Rabbit, folder: Path, bodies: Iterator[Any] | None = None, **more: Any) -> Told:
    told = Told()
    plan = make_plan(parse_flow(text, str(folder / "flow.yaml")), text, {})
    start_flow(plan, StartSettings(broker.uri, folder, **more), told.listeners, bodies)
    return told


def test_each_step_is_a_process_and_every_message_arrives(broker: Rabbit, tmp_path: Path, name: str) -> None:
    told = start(FLOW.replace("NAME", name), broker, tmp_path)
    bodies = sorted((result["step"], str(result["body"])) for result in told.results)
    assert bodies == [
        ("bill", "{'bill': 1, 'to': 'ann', 'was': 1}"),
        ("down", "{'down': 2}"),
        ("error_handler", "{'handled': 'AssertionFailed', 'text': 'no 3'}"),
    ]
    assert [(error["step"], error["input"]["no"]) for error in told.errors] == [("rest", 3)]


def test_input_takes_the_place_of_the_trigger(broker: Rabbit, tmp_path: Path, name: str) -> None:
    bodies = ({"no": number, "kind": "bill" if number % 2 else "down"} for number in range(400))
    told = start(FLOW.replace("NAME", name), broker, tmp_path, bodies)
    assert told.errors == []
    assert Counter(result["step"] for result in told.results) == {"bill": 200, "down": 200}
    assert {result["body"]["was"] for result in told.results if result["step"] == "bill"} == set(range(1, 400, 2))


def test_what_was_not_done_when_it_was_stopped_is_done_by_the_next_start(
    broker: Rabbit, tmp_path: Path, name: str
) -> None:
    text = FLOW.replace("NAME", name)
    stop = threading.Event()

    def bodies() -> Iterator[Any]:
        for number in range(1200):
            if number == 600:
                stop.set()
            yield {"no": number, "kind": "down"}

    first = start(text, broker, tmp_path, bodies(), stop=stop, input_name="rows")
    assert (tmp_path / "fed.json").exists()
    second = start(text, broker, tmp_path, bodies(), input_name="rows")
    done = Counter(result["body"]["down"] for result in first.results + second.results)
    assert set(done) == set(range(1200))
    assert done.total() < 1220  # what was in work at the stop may come twice, what was put in before does not
    assert not (tmp_path / "fed.json").exists()


def test_a_mistake_of_a_mapper_is_told_under_its_name(broker: Rabbit, tmp_path: Path, name: str) -> None:
    text = FLOW.replace("NAME", name).replace("number: no", "number: kind + 1").partition("on_error")[0]
    told = start(text, broker, tmp_path, iter([{"no": 1, "kind": "bill"}]))
    (error,) = told.errors
    assert (error["step"], error["name"]) == ("mapper:sort:bill", "MappingFailed")
    assert "flow.yaml:18:" in error["message"]


def test_the_broker_does_not_take_the_first_steps_message_away(broker: Rabbit, name: str) -> None:
    text = FLOW.replace("NAME", name)
    plan = make_plan(parse_flow(text, "flow.yaml"), text, {})
    with broker.channel() as channel:
        declare(channel, plan)
        told = broker.ctl("list_queues", "name", "arguments", "--quiet")
        delete(channel, plan)
    limited = [
        line.split("\t")[0] for line in told.splitlines() if "x-consumer-timeout" in line and plan.flow_id in line
    ]
    assert limited == [plan.queue(plan.trigger)]


@pytest.mark.parametrize(
    ("trigger", "fields"), [("timer:timer", "{every: 3600, times: 0}"), ("webhook:receive", "{port: 0}")]
)
def test_a_trigger_that_waits_ends_at_once_and_keeps_its_message(
    broker: Rabbit, tmp_path: Path, name: str, trigger: str, fields: str
) -> None:
    text = (
        f"flow: 1\nname: {json.dumps(name)}\n"
        "components: {timer: {builtin: timer}, webhook: {builtin: webhook}, router: {builtin: router}}\n"
        f"steps:\n  first: {{run: '{trigger}', fields: {fields}}}\n  next: {{run: 'router:route', after: first}}\n"
    )
    plan, told, stop = make_plan(parse_flow(text, str(tmp_path / "flow.yaml")), text, {}), Told(), threading.Event()
    log = tmp_path / "first-1.log"

    def look(*_: object) -> None:
        if told.results or (log.exists() and "listening on" in log.read_text()):
            stop.set()

    listeners = Listeners(told.results.append, told.errors.append, look)
    start_flow(plan, StartSettings(broker.uri, tmp_path, goes_on=True, stop=stop), listeners)
    assert json.loads(log.read_text().splitlines()[-1])["msg"] == "stopped"
    with broker.channel() as channel:
        assert channel.queue_declare(plan.queue(plan.trigger), passive=True).method.message_count == 1
