"""What could never work is told at the start, and what is probably misspelled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pysailor.errors import InvalidSettings
from pysailor.platform.variables import variables

from .test_settings import read

if TYPE_CHECKING:
    from pysailor.platform.environment import Variable

NUMBERS = [each for each in variables() if each.kind in ("number", "whole number")]


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("LISTEN_MESSAGES_ON", "q" * 256, "has 256 bytes; RabbitMQ takes at most 255"),
        ("PUBLISH_MESSAGES_TO", "\u00e4" * 128, "has 256 bytes; RabbitMQ takes at most 255"),
        ("SNAPSHOT_ROUTING_KEY", "k" * 300, "has 300 bytes; RabbitMQ takes at most 255"),
        ("OBJECT_STORAGE_TOKEN", "a\n", "holds a blank, a line end or another character that no HTTP header can carry"),
        ("API_URI", "http://exa mple/", "is not an address like https://host/path"),
        ("API_URI", "http://a..example/", "is not an address like https://host/path"),
        ("API_URI", f"http://{'a' * 64}/", "is not an address like https://host/path"),
    ],
)
def test_what_the_broker_or_http_could_never_take_is_refused_at_the_start(name: str, text: str, wrong: str) -> None:
    with pytest.raises(InvalidSettings) as raised:
        read(**{f"ELASTICIO_{name}": text})
    assert str(raised.value) == f"ELASTICIO_{name} {wrong}"


def test_a_variable_of_ours_that_is_misspelled_is_told() -> None:
    found = read(PYSAILOR_MESAGE_DEADLINE="5", PYSAILOR_TEST_INSTALL="1", PYSAILOR_MESSAGE_DEADLINE="5")
    assert found.remarks == ("PYSAILOR_MESAGE_DEADLINE is not known; did you mean PYSAILOR_MESSAGE_DEADLINE?",)


@pytest.mark.parametrize("each", NUMBERS, ids=lambda each: each.name)
def test_what_holds_where_nothing_is_set_may_also_be_set(each: Variable) -> None:
    if each.default is not None:
        each.read({each.name: f"{each.default:g}" if each.kind == "number" else str(each.default)}, fail)


def fail(remark: str) -> None:
    raise AssertionError(remark)


def test_the_journal_may_be_kept_for_longer_than_a_day() -> None:
    assert read(PYSAILOR_JOURNAL_SECONDS="2592000").journal.kept == 2_592_000


def test_what_is_not_the_address_of_a_journal_is_told_in_a_sentence() -> None:
    with pytest.raises(InvalidSettings, match=r"^PYSAILOR_JOURNAL cannot be used: This is not the address of a store"):
        read(PYSAILOR_JOURNAL="true")


@pytest.mark.parametrize(("found", "value"), [("1e6", 1_000_000), ("1_000", 1_000), (" 2000 ", 2_000), ("3.0", 3)])
def test_whole_numbers_of_our_own_may_be_written_in_any_way(found: str, value: int) -> None:
    assert read(PYSAILOR_INPUT_SIZE_LIMIT=found).limits.input_size == value


@pytest.mark.parametrize("found", ["10MB", "2.5", "nan", "1e400", "0x10"])
def test_a_number_of_our_own_is_not_guessed_from_how_it_begins(found: str) -> None:
    with pytest.raises(InvalidSettings, match=r"PYSAILOR_INPUT_SIZE_LIMIT is .* it must be a whole number"):
        read(PYSAILOR_INPUT_SIZE_LIMIT=found)
