"""A start goes on after what earlier starts have put in, and never with another input than that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pysailor.flow.run.errors import FlowStopped
from pysailor.flow.start.feed import Feed

if TYPE_CHECKING:
    from pathlib import Path

ROWS: list[Any] = [{"no": number} for number in range(10)]


def feed(place: Path, rows: list[Any] | None = None, name: str = "rows.csv") -> Feed:
    return Feed(iter(ROWS if rows is None else rows), place / "fed.json", name)


def feed_some(one: Feed, most: int) -> list[tuple[str, Any]]:
    batch = one.take(most)
    one.note(body for _, body in batch)
    return batch


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(batches=st.lists(st.integers(1, 4), max_size=6))
def test_however_often_it_stops_each_message_is_fed_once_and_in_order(tmp_path: Path, batches: list[int]) -> None:
    feed(tmp_path).forget()
    fed: list[Any] = []
    for most in [*batches, 10]:
        one = feed(tmp_path)
        assert one.skip() == len(fed)
        fed += [body for _, body in feed_some(one, most)]
    assert fed == ROWS


def test_what_a_killed_process_had_not_noted_is_fed_again_under_the_same_names(tmp_path: Path) -> None:
    first = feed(tmp_path)
    feed_some(first, 3)
    lost = first.take(4)
    second = feed(tmp_path)
    second.skip()
    assert second.take(4) == lost


def test_another_input_is_fed_from_its_beginning(tmp_path: Path) -> None:
    feed_some(feed(tmp_path), 3)
    assert feed(tmp_path, name="others.csv").skip() == 0


def test_an_input_that_is_through_may_come_again_under_other_names(tmp_path: Path) -> None:
    one = feed(tmp_path)
    names = {name for name, _ in feed_some(one, 10)}
    one.forget()
    again = feed(tmp_path)
    assert again.skip() == 0
    assert names.isdisjoint(name for name, _ in again.take(10))


@pytest.mark.parametrize("rows", [ROWS[1:], ROWS[:2], []])
def test_an_input_that_has_changed_is_refused_with_what_to_do(tmp_path: Path, rows: list[Any]) -> None:
    feed_some(feed(tmp_path), 3)
    with pytest.raises(FlowStopped, match=r"rows.csv has changed since its first 3 messages .* another name"):
        feed(tmp_path, rows).skip()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"input": "rows.csv"}', '{"run": 1}'])
def test_a_broken_note_is_told_and_nothing_is_fed_twice(tmp_path: Path, text: str) -> None:
    (tmp_path / "fed.json").write_text(text)
    with pytest.raises(FlowStopped, match="cannot be read; remove it"):
        feed(tmp_path).skip()
