"""A line of a gathered batch that has nobody's id is paid for: one of the messages emits it, once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.batches import run
from tests.support.fake_api import FakeApi
from tests.support.send_request import USER, completion

if TYPE_CHECKING:
    from collections.abc import Sequence

GATEWAY = "https://gw.example/v1"
BATCH = {"id": "batch_1", "status": "completed", "endpoint": "/v1/chat/completions", "input_file_id": "file-in"}
PREFIXES = ("aaaaaaaaaaaa-", "bbbbbbbbbbbb-", "cccccccccccc-")
SENT = "".join(json.dumps({"custom_id": f"{one}line-1", "body": {"messages": [USER]}}) + "\n" for one in PREFIXES)


def answer(custom_id: Any, text: str = "Hi") -> str:
    line = {"custom_id": custom_id, "response": {"status_code": 200, "body": completion(text)}, "error": None}
    return json.dumps(line) + "\n"


def collect(lines: Sequence[str], sent: str | None = SENT) -> dict[str, list[dict[str, Any]]]:
    """Return what each message emits, without its summary."""
    emitted = {}
    for prefix in PREFIXES:
        with FakeApi() as api:
            api.answer("GET", f"{GATEWAY}/batches/batch_1", json={**BATCH, "output_file_id": "file-out"})
            status = 404 if sent is None else 200
            body = json.dumps({"error": {"message": "gone"}}) if sent is None else sent
            api.answer("GET", f"{GATEWAY}/files/file-in/content", body=body, status=status)
            api.answer("GET", f"{GATEWAY}/files/file-out/content", body="".join(lines))
            made = run("batchCollect", {"batch_id": "batch_1", "prefix": prefix}, GATEWAY)
            emitted[prefix] = [one.body for one in made[:-1]]
    return emitted


@pytest.mark.parametrize(
    ("stray", "code"),
    [
        (answer(None, "paid for"), "batch_line_unknown"),
        (answer("", "paid for"), "batch_line_unknown"),
        (answer("z", "paid for"), "batch_line_unknown"),
        (answer(["aaaaaaaaaaaa-line-1"], "paid for"), "batch_line_unknown"),
        ("{not JSON, and paid for\n", "batch_line_unreadable"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_what_has_nobody_s_id_comes_to_the_first_message_once(stray: str, code: str, place: int) -> None:
    lines = [answer(f"{PREFIXES[0]}line-1"), answer(f"{PREFIXES[2]}line-1")]
    lines.insert(place, stray)
    emitted = collect(lines)
    told = [(prefix, one) for prefix, all_ in emitted.items() for one in all_ if "paid for" in json.dumps(one)]
    ((prefix, one),) = told
    assert (prefix, one["error"]["code"]) == (PREFIXES[0], code)
    assert "comes to the first of them" in one["result"]["warnings"][0]
    assert [one["error"]["code"] for one in emitted[PREFIXES[1]]] == ["batch_line_lost"]
    assert [one["result"]["outcome"] for one in emitted[PREFIXES[2]]] == ["complete"]


def test_where_nobody_knows_who_was_first_each_message_tells_of_it_rather_than_none() -> None:
    lines = [*(answer(f"{prefix}line-1") for prefix in PREFIXES), answer(None, "paid for")]
    for emitted in collect(lines, sent=None).values():
        assert ["paid for" in json.dumps(one) for one in emitted] == [False, True]


def test_words_in_an_answer_that_look_like_an_id_make_it_nobody_else_s() -> None:
    lines = [answer(f"{prefix}line-1", f'"custom_id": "{PREFIXES[1]}line-1"') for prefix in PREFIXES]
    assert [len(emitted) for emitted in collect(lines).values()] == [1, 1, 1]
