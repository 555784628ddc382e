"""What a component's own tests ask of it."""

from __future__ import annotations

import pytest

from pysailor import (
    Data,
    Defect,
    InvalidConfig,
    InvalidCredentials,
    InvalidInput,
    InvalidOutput,
    Message,
    Rebound,
    SnapshotUpdate,
)
from pysailor.errors import BrokenComponent
from pysailor.testing import choices, run_step, verify
from pysailor.wire.json_text import NotJson

from ..conftest import DECLARED, MakeComponent

CFG = {"password": "open sesame"}
ANSWER = """
from pysailor import Message


def process(msg, cfg, snapshot, ctx):
    return {answer}


def tones(cfg, ctx):
    ctx.update_keys({{"token": "fresh"}})
    return {{"loud": "Loud"}}
"""


def test_a_step_runs_as_a_worker_would_run_it(echo: object) -> None:
    assert (
        run_step(str(echo), "echo", {"word": "hi"}, cfg={**CFG, "times": "2"})
        == [Data(Message(body={"word": "hi"}))] * 2
    )


def test_every_event_is_returned_in_order(echo: object) -> None:
    events = run_step(str(echo), "echo", {"word": "remember"}, cfg=CFG, snapshot={"heard": 1})
    assert events == [SnapshotUpdate({"heard": 2}), Data(Message(body={"word": "1"}))]


@pytest.mark.parametrize(
    ("body", "cfg", "error"),
    [
        ({"word": 1.5, "more": []}, {}, InvalidConfig),
        ({}, CFG, InvalidInput),
        ({"word": "later"}, CFG, Rebound),
        ({"word": "crash"}, CFG, Defect),
    ],
)
def test_what_the_step_raises_is_raised(
    echo: object, body: object, cfg: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        run_step(str(echo), "echo", body, cfg=cfg)


@pytest.mark.parametrize(
    ("answer", "error"),
    [("Message(body={'word': []})", InvalidOutput), ("Message(body={'word': '', 'x': object()})", NotJson)],
)
def test_what_could_not_be_sent_fails(make_component: MakeComponent, answer: str, error: type[Exception]) -> None:
    root = make_component(echo=ANSWER.format(answer=answer))
    with pytest.raises(error):
        run_step(root, "echo", {"word": "hi"}, cfg=CFG)


def test_headers_attachments_and_the_deadline_reach_the_step(make_component: MakeComponent) -> None:
    answer = "Message(body={'word': f'{msg.headers} {msg.attachments} {ctx.seconds_left(100) < 60}'})"
    root = make_component(echo=ANSWER.format(answer=answer))
    files = {"a.txt": {"url": "http://x"}}
    found = run_step(root, "echo", {"word": "hi"}, cfg=CFG, headers={"h": 1}, attachments=files, deadline=50)
    assert found == [Data(Message(body={"word": f"{ {'h': 1} } {files} True"}))]


def test_choices_are_those_of_a_form_that_is_half_filled_in(make_component: MakeComponent) -> None:
    tone = {**DECLARED["actions"]["echo"]["fields"]["tone"], "required": True}
    declared = {**DECLARED, "actions": {"echo": {**DECLARED["actions"]["echo"], "fields": {"tone": tone}}}}
    root = make_component(declared, echo=ANSWER.format(answer="None"))
    assert choices(root, "echo", "tone", CFG) == {"loud": "Loud"}
    with pytest.raises(InvalidConfig, match="/password"):
        choices(root, "echo", "tone")


@pytest.mark.parametrize("answer", ["False", "{'verified': False, 'reason': 'too old'}", "0", "'no'"])
def test_only_a_yes_verifies_a_credential(make_component: MakeComponent, answer: str) -> None:
    root = make_component(verify=f"def verify(cfg, ctx):\n    return {answer}\n")
    with pytest.raises(InvalidCredentials, match=r"too old|did not say yes"):
        verify(root, CFG)


def test_a_credential_is_verified_or_refused_with_the_reason(echo: object) -> None:
    verify(str(echo), CFG)
    with pytest.raises(InvalidCredentials, match="not the word"):
        verify(str(echo), {"password": "shut"})


def test_without_a_verifier_nothing_is_verified(make_component: MakeComponent) -> None:
    declared = {**DECLARED, "credentials": {"fields": DECLARED["credentials"]["fields"]}}
    with pytest.raises(BrokenComponent, match=r"names no credentials\.verifier"):
        verify(make_component(declared), CFG)
