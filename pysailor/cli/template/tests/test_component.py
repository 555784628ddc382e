"""What the component promises."""

from pathlib import Path

import pytest

from pysailor import Data, InvalidInput, Message, SnapshotUpdate
from pysailor.testing import choices, run_step
from pysailor.testing.standard import ComponentTests

ROOT = Path(__file__).parents[1]


class TestComponent(ComponentTests):
    root = ROOT


def test_a_person_is_greeted() -> None:
    events = run_step(ROOT, "greet", {"name": "Ann"}, cfg={"tone": "Good day"})
    assert events == [Data(Message(body={"text": "Good day, Ann!"}))]


def test_a_blank_name_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is blank"):
        run_step(ROOT, "greet", {"name": " "})


def test_tones_are_offered() -> None:
    assert choices(ROOT, "greet", "tone") == {"Hello": "Friendly", "Good day": "Formal"}


def test_ticks_are_counted_from_message_to_message() -> None:
    events = run_step(ROOT, "tick", {}, snapshot={"count": 1})
    assert events == [SnapshotUpdate({"count": 2}), Data(Message(body={"count": 2}))]
