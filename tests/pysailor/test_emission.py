"""What a component emits is checked before anything is sent."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest

from pysailor import Data, Defect, HttpReply, Keys, Message, Partial, Snapshot
from pysailor.emission import Emission, Invocation
from pysailor.snapshot import CurrentSnapshot

if TYPE_CHECKING:
    from pysailor import Event


def emission(events: list[Event]) -> Emission:
    return Emission(Invocation(events.append, logging.getLogger("component")), CurrentSnapshot())


def broken(**members: Any) -> Data:
    return Data(Message(**members))


NOT_A_MAPPING: Any = [("a", "b")]
NUMBERED: Any = {5: "five"}
BROKEN: list[tuple[Any, str]] = [
    (broken(headers=None), "A message's headers must be an object, names to values; it is a NoneType."),
    (broken(headers=NUMBERED), "A message's headers must have text for names; one is a int."),
    (broken(attachments=NOT_A_MAPPING), "A message's attachments must be an object"),
    (broken(passthrough=NOT_A_MAPPING), "A message's passthrough must be an object"),
    (broken(extra=NUMBERED), "A message's extra must have text for names"),
    (broken(id=5), "A message's id must be text; it is a int."),
    (Data("text"), "Only a Message can be emitted as data, not a str."),  # type: ignore[arg-type]
    (Keys(NOT_A_MAPPING), "The keys of update_keys must be an object"),
    (HttpReply(200, None, NOT_A_MAPPING), "The headers of http_reply must be an object"),
    (HttpReply("200", None, {}), "The status code of http_reply must be a whole number"),  # type: ignore[arg-type]
    (Partial(b"a"), "partial shows text; it got a bytes."),  # type: ignore[arg-type]
    ("text", "Only events can be emitted, not a str."),
]


@pytest.mark.parametrize(("event", "sentence"), BROKEN)
def test_an_event_of_the_wrong_shape_is_a_defect_in_plain_words(event: Any, sentence: str) -> None:
    events: list[Event] = []
    with pytest.raises(Defect) as raised:
        emission(events)(event)
    assert str(raised.value).startswith(sentence)
    assert events == []


@pytest.mark.parametrize("event", [Data(Message()), Keys({}), HttpReply(204, None, {}), Partial(""), Snapshot(None)])
def test_what_has_its_shape_is_passed_on(event: Event) -> None:
    events: list[Event] = []
    emission(events)(event)
    assert events == [event]
