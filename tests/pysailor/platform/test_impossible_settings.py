"""What could never work is told at the start, and what is probably misspelled."""

from __future__ import annotations

import pytest

from pysailor.errors import InvalidSettings

from .test_settings import read


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
