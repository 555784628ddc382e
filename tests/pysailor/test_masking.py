"""One rule of what is secret."""

from __future__ import annotations

import pytest

import pysailor
from lib.api.connection import Connection
from pysailor.log import Redaction
from pysailor.masking import mask

HEADERS = "X-Token: abcdefgh-123"


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("abcdefgh-123", "Bearer abcdefgh-123", "Bearer ***"),
        ("sk-1", "key sk-1 refused", "key *** refused"),
        ("none", "none of these", "none of these"),
        ("-", "a - b", "a - b"),
        (" abcdefgh-123\n", "abcdefgh-123", "***"),
        (HEADERS, "the header abcdefgh-123", "the header ***"),
        ("Basic of-a-user", "only of-a-user", "only ***"),
        ('"abcdefgh-123"', "Bearer abcdefgh-123", "Bearer ***"),
        ("'sk-1'", "key sk-1 refused", "key *** refused"),
        ('export API_KEY="abcdefgh-123"', "Bearer abcdefgh-123", "Bearer ***"),
        ("api-key:abcdefgh-123", "Bearer abcdefgh-123", "Bearer ***"),
    ],
)
def test_the_log_and_the_command_line_hide_the_same(secret: str, text: str, shown: str) -> None:
    assert mask(text, [secret]) == shown
    assert Redaction([secret]).mask(text) == shown


def test_a_secret_that_holds_another_is_masked_whole() -> None:
    assert mask("Bearer abcdefgh-123", ["abcdefgh", "abcdefgh-123"]) == "Bearer ***"


def test_a_text_that_was_cut_within_a_secret_ends_with_the_mask() -> None:
    assert mask("the key sk-0123", ["sk-0123456789"], cut_off=True) == "the key ***"
    assert mask("a risk", ["sk-0123456789"], cut_off=True) == "a risk"


def test_a_component_hides_by_the_same_rule() -> None:
    assert pysailor.mask is mask
    for secret, shown in (("sk-1234", "***"), ("none", "none")):
        assert Connection.of({"apiKey": secret}).mask_secrets(secret) == shown
