"""What a flow file says under `local` holds on RabbitMQ as in one process, or is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.cli import main
from pysailor.flow.document import parse_flow
from pysailor.flow.run import FlowStopped
from pysailor.flow.start import StartSettings, find_unapplied, make_plan, start_flow
from pysailor.flow.start.environment import Access, step_environment
from pysailor.flow.start.start import Listeners
from pysailor.flow.start.topology import bindings

if TYPE_CHECKING:
    from collections.abc import Callable

    from pysailor.flow.document import FlowFile
    from tests.support.broker import Rabbit

pytest.importorskip("pika")

TRIGGER = "  a: {run: 'w:numbers', fields: {count: 3}}\n"


def started(flow: FlowFile, broker: Rabbit, folder: Path) -> tuple[list[Any], list[Any], Exception | None]:
    """Start a flow; return the results, the errors, and what stopped it."""
    text = Path(flow.source.file).read_text(encoding="utf-8")
    results: list[Any] = []
    errors: list[Any] = []
    listeners = Listeners(results.append, errors.append, lambda *_: None)
    try:
        start_flow(make_plan(flow, text, {}), StartSettings(broker.uri, folder / "logs"), listeners)
    except FlowStopped as stopped:
        return results, errors, stopped
    return results, errors, None


def named(flow: Callable[..., FlowFile], folder: Path, steps: str, more: str = "") -> FlowFile:
    flow(TRIGGER + steps, more)
    file = folder / "flow.yaml"
    text = file.read_text().replace("name: Test", f"name: {folder.name}")
    file.write_text(text)
    return parse_flow(text, str(file))


FAILS_TWICE = """
from pathlib import Path
from pysailor import Message, StepError

class Busy(StepError):
    retryable = True

def process(msg, cfg, snapshot, ctx):
    file = Path(cfg["asked"] + str(msg.body["n"]))
    with file.open("a") as asked:
        asked.write("x")
    if file.stat().st_size <= 2:
        raise Busy("not now")
    return Message(body=msg.body)
"""


def test_a_message_whose_error_may_pass_is_tried_again(
    flow: Any, component: Path, broker: Rabbit, tmp_path: Path
) -> None:
    (component / "lib" / "work.py").write_text(FAILS_TWICE)
    local = "local: {retry: {times: TIMES, wait: 10ms}}"
    step = f"  b: {{run: 'w:work', after: a, fields: {{asked: '{tmp_path}/tryTIMES-'}}, {local}}}\n"
    enough = started(named(flow, tmp_path, step.replace("TIMES", "2")), broker, tmp_path)
    assert (sorted(result["body"]["n"] for result in enough[0]), enough[1:]) == ([1, 2, 3], ([], None))
    few = started(named(flow, tmp_path, step.replace("TIMES", "1")), broker, tmp_path)
    assert [error["message"] for error in few[1]] == ["not now"] * 3


GIVES_FIRST = """
from pysailor import Message, StepError

class Busy(StepError):
    retryable = True

def process(msg, cfg, snapshot, ctx):
    yield Message(body=msg.body)
    if msg.body["n"] == 2:
        raise Busy("not now")
"""


def test_what_has_given_something_is_not_tried_again(
    flow: Any, component: Path, broker: Rabbit, tmp_path: Path
) -> None:
    (component / "lib" / "work.py").write_text(GIVES_FIRST)
    made = named(flow, tmp_path, "  b: {run: 'w:work', after: a, local: {retry: {times: 3, wait: 10ms}}}\n")
    results, errors, _ = started(made, broker, tmp_path)
    assert sorted(result["body"]["n"] for result in results) == [1, 2, 3]
    assert [error["message"] for error in errors] == ["not now"]


def test_an_error_stops_the_flow_where_its_step_says_so(flow: Any, broker: Rabbit, tmp_path: Path) -> None:
    step = "  b: {run: 'w:work', after: a, fields: {fail: 2}, local: {on_error: stop}}\n"
    _, errors, stopped = started(named(flow, tmp_path, step), broker, tmp_path)
    assert [error["step"] for error in errors] == ["b"]
    assert str(stopped).startswith("b failed, which stops the flow (local.on_error): ")


def test_an_error_goes_to_the_step_that_it_is_routed_to_alone_and_on_from_there(
    flow: Any, broker: Rabbit, tmp_path: Path
) -> None:
    steps = (
        "  b: {run: 'w:work', after: a, map: {n: 'n = 2 ? text + n : n'}, local: {on_error: {route: lost}}}\n"
        "  lost: {run: 'w:work', map: {text: name & code & step}}\n"
        "  more: {run: 'w:work', after: lost}\n"
    )
    made = named(flow, tmp_path, steps, "on_error: {run: 'w:work', map: {text: message}}\n")
    results, errors, _ = started(made, broker, tmp_path)
    assert [error["step"] for error in errors] == ["mapper:a:b"]
    last = {result["step"]: result["body"].get("text") for result in results}
    assert last == {"b": None, "more": "MappingFailedmapping_failedmapper:a:b"}


def test_errors_are_bound_to_one_handler(flow: Any) -> None:
    made = flow(
        f"{TRIGGER}  b: {{run: 'w:work', after: a, map: {{n: n}}, local: {{on_error: {{route: lost}}}}}}\n"
        "  lost: {run: 'w:work'}\n",
        "on_error: {run: 'w:work'}\n",
    )
    plan = make_plan(made, "", {})
    of = {
        stage.id: {queue for queue, key in bindings(plan) if key == plan.key(stage.id, "error")}
        for stage in plan.stages
    }
    handlers = {stage: {name.split(":", 1)[1] for name in queues} - {"errors"} for stage, queues in of.items()}
    assert handlers["mapper:a:b"] == handlers["b"] == {"mapper::lost:messages"}
    assert handlers["a"] == handlers["lost"] == {"mapper::error_handler:messages"}


def test_retry_is_told_to_the_process(flow: Any) -> None:
    made = flow(f"{TRIGGER}  b: {{run: 'w:work', after: a, local: {{retry: {{times: 12, wait: 2s}}}}}}\n")
    plan = make_plan(made, "", {})
    told = [step_environment(plan, stage, Access("", "", "", "", "", "")) for stage in plan.stages]
    names = ("PYSAILOR_RETRIES", "ELASTICIO_REBOUND_INITIAL_EXPIRATION", "ELASTICIO_REBOUND_LIMIT")
    assert [[each.get(name) for name in names] for each in told] == [[None] * 3, ["12", "2000", "12"]]


def test_what_is_not_applied_is_refused_by_name(
    flow: Any, component: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = flow(
        f"{TRIGGER}  b:\n    run: w:work\n    after: a\n    local: {{on_error: stop, timeout: 1m, "
        "retry: {times: 1}}\n"
    )
    plan = make_plan(made, "", {})
    assert find_unapplied(made, plan, is_watched=True) == []
    assert main(["flow", "start", str(tmp_path / "flow.yaml"), "--as", "compose"]) == 1
    assert (
        "steps.b.local.on_error: no program that could stop the flow sees its errors there" in capsys.readouterr().err
    )

    descriptor = component / "component.json"
    descriptor.write_text(descriptor.read_text().replace("lib/work.py", "lib/work.js"))
    found = find_unapplied(made, make_plan(made, "", {}), is_watched=True)
    assert [(each.path, each.place.line) for each in found] == [
        ("steps.b.local.retry", 9),
        ("steps.b.local.timeout", 9),
    ]
