"""One message through one step."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.component.component import Component
from pysailor.context import Data, Event, SnapshotUpdate
from pysailor.errors import Defect, InvalidConfig, InvalidInput, InvalidOutput, Rebound, StepError
from pysailor.message import Message
from pysailor.step import Invocation, Step
from pysailor.wire.error_message import describe

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import MakeComponent


def step(root: Path, **cfg: Any) -> Step:
    return Step(Component(root).function("echo"), {"password": "p", **cfg})


def emitted(step: Step, word: Any) -> list[Event]:
    events: list[Event] = []
    step.process(Message(body={"word": word}), Invocation(events.append, logging.getLogger("test")))
    return events


def test_what_process_yields_is_emitted_one_by_one(echo: Path) -> None:
    assert emitted(step(echo, times=2), "hi") == [Data(Message(body={"word": "hi"}))] * 2


def test_nothing_returned_is_nothing_emitted(echo: Path) -> None:
    assert emitted(step(echo), "nothing") == []


def test_settings_that_cannot_be_used_fail_before_any_message(echo: Path) -> None:
    with pytest.raises(InvalidConfig, match="Times"):
        step(echo, times="often")


def test_a_body_that_does_not_fit_never_reaches_the_component(echo: Path) -> None:
    with pytest.raises(InvalidInput, match="/word: found an empty list, allowed: text"):
        emitted(step(echo), [])


def test_an_answer_that_breaks_the_promise_is_not_passed_on(echo: Path) -> None:
    with pytest.raises(InvalidOutput, match="/word: found 1, allowed: text"):
        emitted(step(echo), "number")


@pytest.mark.parametrize(("word", "told"), [("crash", "ZeroDivisionError"), ("nonsense", "returned a str")])
def test_what_the_component_did_not_mean_is_a_defect(echo: Path, word: str, told: str) -> None:
    with pytest.raises(Defect, match=told):
        emitted(step(echo), word)


def test_a_flow_sees_a_defect_under_the_name_of_what_was_raised_in_plain_words(echo: Path) -> None:
    with pytest.raises(Defect) as raised:
        emitted(step(echo), "crash")
    shown = describe(raised.value)
    assert (shown["name"], shown["code"]) == ("ZeroDivisionError", "defect")
    assert shown["message"] == (
        "The component failed in a way that its author did not foresee. It raised ZeroDivisionError: division by zero"
    )
    assert shown["stack"].splitlines()[1].startswith("    at process (lib/echo.py:")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("return Message(body={}, headers={1: 2})", "headers must have text for names"),
        ("raise Unspeakable", "It raised Unspeakable"),
        ("ctx.http_reply('200', {})", "must be a whole number"),
        ("return Message(body={'word': {1, 2}})", "/word: found"),
    ],
)
def test_whatever_a_component_does_wrong_is_a_step_error_in_plain_words(
    make_component: MakeComponent, code: str, words: str
) -> None:
    text = f"""
from pysailor import Message


class Unspeakable(Exception):
    def __str__(self):
        return 5


def tones(cfg, ctx):
    return {{}}


def process(msg, cfg, snapshot, ctx):
    {code}
"""
    with pytest.raises(StepError) as raised:
        emitted(step(make_component(echo=text)), "x")
    assert words in str(raised.value)


def test_a_rebound_passes_through(echo: Path) -> None:
    with pytest.raises(Rebound, match="not now"):
        emitted(step(echo), "later")


def test_the_snapshot_is_remembered_from_message_to_message(echo: Path) -> None:
    remembering = step(echo)
    assert emitted(remembering, "remember")[0] == SnapshotUpdate({"heard": 1})
    assert emitted(remembering, "remember")[1] == Data(Message(body={"word": "1"}))


def test_a_snapshot_that_could_not_be_stored_is_not_remembered(echo: Path) -> None:
    remembering = step(echo)

    def refuse(event: Event) -> None:
        raise Rebound(str(event))

    with pytest.raises(Rebound):
        remembering.process(Message(body={"word": "remember"}), Invocation(refuse, logging.getLogger("test")))
    assert emitted(remembering, "remember")[1] == Data(Message(body={"word": "0"}))


def test_what_the_listener_raises_is_no_defect_of_the_component(echo: Path) -> None:
    def gone(event: Event) -> None:
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        step(echo).process(Message(body={"word": "hi"}), Invocation(gone, logging.getLogger("test")))


def test_many_undeclared_members_make_one_short_line(make_component: Any, caplog: pytest.LogCaptureFixture) -> None:
    code = "from pysailor import Message\ndef process(msg, cfg, snapshot, ctx):\n    return Message(body=msg.body)\n"
    echoing = step(make_component(echo=code + "def tones(cfg, ctx):\n    return {}\n"))
    events: list[Event] = []
    call = Invocation(events.append, logging.getLogger("test"))
    with caplog.at_level(logging.INFO):
        echoing.process(Message(body={"word": "hi", **{f"id-{number:04}": 1 for number in range(3000)}}), call)
        echoing.process(Message(body={"word": "hi", "another": 1}), call)
    (line,) = caplog.records
    assert line.getMessage().endswith("/id-0018, /id-0019 and 980 more")


def test_undeclared_members_of_the_answer_are_kept_and_said_once(
    make_component: Any, caplog: pytest.LogCaptureFixture
) -> None:
    code = "from pysailor import Message\ndef process(msg, cfg, snapshot, ctx):\n    return Message(body=msg.body)\n"
    root = make_component(echo=code + "def tones(cfg, ctx):\n    return {}\n")
    echoing = step(root)
    events: list[Event] = []
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            body = {"word": "hi", "new": 1}
            echoing.process(Message(body=body), Invocation(events.append, logging.getLogger("test")))
    assert events == [Data(Message(body={"word": "hi", "new": 1}))] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "The answer has members that metadata.out does not declare: /new"
    ]


def test_what_process_was_about_to_yield_is_let_go_at_once_when_nobody_takes_it(make_component: Any) -> None:
    code = """
from pysailor import Message
LET_GO = []
def process(msg, cfg, snapshot, ctx):
    try:
        yield Message(body=msg.body)
        yield Message(body=msg.body)
    finally:
        LET_GO.append(msg.body["word"])
def tones(cfg, ctx):
    return {}
"""
    yielding = step(make_component(echo=code))

    def refuse(event: Event) -> None:
        raise Rebound(str(event))

    with pytest.raises(Rebound):
        yielding.process(Message(body={"word": "hi"}), Invocation(refuse, logging.getLogger("test")))
    assert yielding.function.module.LET_GO == ["hi"]
