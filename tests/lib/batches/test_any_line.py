"""Whatever stands in a line of a batch's file, it becomes one message: an answer, or an error that keeps what came."""

from __future__ import annotations

import copy
import json
import math
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from lib.batches.endpoints import find_endpoint
from lib.batches.results import LineReader
from lib.models.table import Models
from tests.support.send_request import completion

if TYPE_CHECKING:
    from collections.abc import Iterator

ODD: tuple[Any, ...] = (
    None,
    [],
    {},
    "",
    "x",
    -1,
    1.5,
    math.nan,
    math.inf,
    True,
    10**30,
    [None],
    [[]],
    {"a": None},
    "\ud800",
    ["x"],
    [5],
)
VECTORS = {
    "object": "list",
    "data": [{"index": 0, "embedding": [0.5]}, {"index": 1, "embedding": "AACAPw=="}],
    "model": "m",
}
RESULT = {"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.9}}
RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "output": [
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi", "annotations": []}]},
        {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
    ],
    "usage": {"input_tokens": 1, "output_tokens": 2},
}
ANSWERS = {
    "/v1/chat/completions": (completion("Hi"), {"messages": []}),
    "/v1/responses": (RESPONSE, {"input": "x"}),
    "/v1/embeddings": ({**VECTORS, "usage": {"prompt_tokens": 3}}, {"input": ["a", "b"]}),
    "/v1/moderations": ({"id": "m", "model": "omni", "results": [RESULT]}, {"input": "x"}),
}


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    members = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for name, member in members:
        yield from places(member, (*path, name))


def changed(document: Any) -> Iterator[Any]:
    """Yield the document with each of its members replaced by each odd value, and left out."""
    for *way, last in places(document):
        for odd in (*ODD, ...):
            made = copy.deepcopy(document)
            holder = made
            for name in way:
                holder = holder[name]
            if odd is ...:
                holder.pop(last)
            else:
                holder[last] = odd
            yield made


def find(sent: dict[str, Any], custom_id: str) -> Any:
    return sent.get(custom_id, {})


@pytest.mark.parametrize("knows_request", [True, False])
@pytest.mark.parametrize("endpoint", [*ANSWERS, "of an endpoint that is not known"])
def test_every_line_becomes_a_message(endpoint: str, knows_request: bool) -> None:
    reader = LineReader(find_endpoint(endpoint), Models.load().find, regional=False, as_of=date(2026, 1, 1))
    for path, (body, request) in ANSWERS.items():
        if endpoint in ANSWERS and path != endpoint:
            continue
        line = {"custom_id": "a", "response": {"status_code": 200, "request_id": "r", "body": body}, "error": None}
        sent = {"a": request} if knows_request else {}
        for odd in changed(line):
            made = reader.read(odd, partial(find, sent)).message("batch_1")
            assert made.body["result"]["outcome"]
            json.dumps([made.body, made.headers])


@pytest.mark.parametrize("depth", [100, 500, 900, 990, 2000, 100_000])
def test_a_line_of_any_depth_becomes_a_message(depth: int) -> None:
    from io import BytesIO  # noqa: PLC0415 - only here

    from lib.batches.files import read_objects  # noqa: PLC0415 - the same

    reader = LineReader(find_endpoint("/v1/chat/completions"), lambda _: None)
    deep = "[" * depth + "]" * depth
    text = f'{{"custom_id": "a", "response": {{"status_code": "odd", "body": {{"x": {deep}}}}}}}\n'
    ((_, line),) = read_objects(BytesIO(text.encode()))
    assert reader.read(line, lambda _: {}).message("batch_1").body["error"]["code"] == "batch_line_unreadable"
