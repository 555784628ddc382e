"""Half characters (lone surrogates), which nothing can print or send, in what goes wrong: it stays usable."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lib.completions.stream.reader import BrokenStream
from lib.errors.api_error import from_answer
from pysailor.errors import Defect, Fault, InvalidInput, Rebound, StepError
from pysailor.wire import error_message, json_text

if TYPE_CHECKING:
    from collections.abc import Callable

HALF = "half \ud83d of it"
WRITTEN = "half \\ud83d of it"


@pytest.mark.parametrize("make", [StepError, Rebound, Defect, InvalidInput, ValueError])
def test_an_error_message_is_text_that_can_be_sent(make: Callable[[str], Exception]) -> None:
    described = error_message.describe(make(HALF))
    assert described["message"] == WRITTEN
    json.dumps(described, ensure_ascii=False).encode()


def test_a_sentence_and_its_place_can_be_printed() -> None:
    error = InvalidInput(HALF, pointer="/\udfff")
    assert str(error) == f"/\\udfff: {WRITTEN}"
    assert error.to_json()["faults"] == [{"pointer": "/\\udfff", "message": WRITTEN}]
    assert str(Fault("", HALF)) == WRITTEN


def test_what_a_service_says_can_be_printed() -> None:
    content: Any = json.dumps({"error": {"message": HALF, "code": HALF, "param": HALF}}).encode()
    error = from_answer(400, {}, content)
    assert WRITTEN in str(error)
    assert WRITTEN in str(BrokenStream(HALF, {}, 0))
    json_text.write(error_message.describe(error)).decode()
