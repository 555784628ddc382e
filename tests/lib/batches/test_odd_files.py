"""Files of a batch that are not as they should be: what is paid for is kept, and nothing is asked for twice unsaid."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.batches.errors import BatchError
from pysailor.errors import InvalidInput
from tests.support.batches import run
from tests.support.fake_api import FakeApi
from tests.support.send_request import USER, completion

GATEWAY = "https://gw.example/v1"
BATCH = {
    "id": "batch_1",
    "status": "completed",
    "endpoint": "/v1/chat/completions",
    "input_file_id": "file-in",
    "output_file_id": "file-out",
    "request_counts": {"total": 2, "completed": 2, "failed": 0},
}
SENT = "".join(json.dumps({"custom_id": name, "body": {"messages": [USER]}}) + "\n" for name in "ab")


def answer(name: str, text: str = "Hi", **changes: Any) -> dict[str, Any]:
    response = {"status_code": 200, "request_id": "r", "body": completion(text)}
    return {"custom_id": name, "response": response, "error": None, **changes}


def refusal(name: str) -> dict[str, Any]:
    return {"custom_id": name, "response": {"status_code": 500, "body": {"error": {"message": "boom"}}}}


def written(*lines: Any) -> str:
    return "".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines)


def collect(output: str, errors: str = "", **changes: Any) -> list[dict[str, Any]]:
    batch = {**BATCH, **changes}
    with FakeApi() as api:
        api.answer("GET", f"{GATEWAY}/batches/batch_1", json=batch)
        api.answer("GET", f"{GATEWAY}/files/file-in/content", body=SENT)
        if batch["output_file_id"]:
            api.answer("GET", f"{GATEWAY}/files/file-out/content", body=output)
        if errors:
            api.answer("GET", f"{GATEWAY}/files/file-err/content", body=errors)
        return [made.body for made in run("batchCollect", {"batch_id": "batch_1"}, GATEWAY)]


@pytest.mark.parametrize("told", [{}, {"code": None, "message": None}])
def test_an_error_that_says_nothing_does_not_hide_an_answer(told: Any) -> None:
    first, *_ = collect(written(answer("a", error=told), answer("b")))
    assert (first["custom_id"], first["result"]["outcome"]) == ("a", "complete")


@pytest.mark.parametrize("status", ["200", 200.5, None, True])
def test_an_answer_of_an_odd_form_is_handed_on_as_it_came(status: Any) -> None:
    odd = answer("a", response={"status_code": status, "body": completion("paid for")})
    first, *_ = collect(written(odd, answer("b")))
    assert first["error"]["code"] == "batch_line_unreadable"
    assert first["raw"] == odd


def test_what_may_have_been_billed_is_not_named_as_to_be_submitted_again() -> None:
    cut = json.dumps(answer("b"))[:-30]
    *_, summary = collect(written(answer("a"), cut))
    assert summary["result"]["unfinished"] == []
    assert "2 failed without an answer that can be read" in summary["result"]["warnings"][-1]


def test_a_line_that_was_answered_and_failed_too_is_not_submitted_again() -> None:
    *_, summary = collect(written(answer("a"), answer("b")), written(refusal("b")), error_file_id="file-err")
    assert summary["result"]["unfinished"] == []


def test_a_line_that_failed_twice_is_named_once() -> None:
    *_, summary = collect(written(answer("a")), written(refusal("b"), refusal("b")), error_file_id="file-err")
    assert summary["result"]["unfinished"] == ["b"]


@pytest.mark.parametrize("name", ["z", "", None, 5, {"a": 1}])
def test_an_answer_to_nothing_that_was_sent_is_an_error_that_keeps_it(name: Any) -> None:
    odd = answer(name, "paid for")
    first, *_, summary = collect(written(odd, answer("a"), answer("b")))
    assert (first["result"]["outcome"], first["error"]["code"]) == ("failed", "batch_line_unknown")
    assert first["raw"] == odd
    assert (summary["result"]["answered"], summary["result"]["unfinished"]) == (2, [])


def test_one_file_for_answers_and_errors_is_read_once() -> None:
    *lines, summary = collect(written(answer("a"), answer("b")), error_file_id="file-out")
    assert [line["custom_id"] for line in lines] == ["a", "b"]
    assert summary["result"]["answered"] == 2


@pytest.mark.parametrize(
    "output", ["", "<html>Sign in</html>", '{"error": {"message": "not ready"}}', json.dumps([answer("a")]), None]
)
def test_files_without_any_line_are_an_error_where_answers_are_counted(output: str | None) -> None:
    with pytest.raises(BatchError, match="counts answers") as caught:
        collect(output or "", output_file_id=None if output is None else "file-out")
    assert caught.value.code == "batch_file_unreadable"
    assert caught.value.ids["batch"] == "batch_1"


def test_a_refused_file_without_a_reason_says_that_there_is_none() -> None:
    with pytest.raises(BatchError, match=r"billed. The service does not say why. Correct"):
        collect("", status="FAILED")


def test_a_batch_that_may_be_there_is_not_made_again_where_nobody_can_look() -> None:
    with FakeApi() as api:
        api.answer("GET", f"{GATEWAY}/batches", json={"error": {"message": "no such route"}}, status=404)
        api.answer("POST", f"{GATEWAY}/files", json={"id": "file-in"})
        made = api.post(f"{GATEWAY}/batches", json={"error": {"message": "boom"}}, status=500)
        with pytest.raises(BatchError) as caught:
            run("batchSubmit", {"requests": ["Hi"]}, GATEWAY, "m-1", maxRetries=2)
        assert (caught.value.code, len(made.received)) == ("batch_unsure", 1)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"requests": [{"method": "POST", "url": "/v1/embeddings", "body": {"input": "x"}}]}, "for /v1/embeddings"),
        ({"requests": ["x"], "common": {"messages": "Be brief."}}, "messages of common is not a list"),
    ],
)
def test_a_line_that_would_lose_something_is_refused(body: Any, told: str) -> None:
    with FakeApi(), pytest.raises(InvalidInput, match=told):
        run("batchSubmit", body, GATEWAY)


VECTORS: dict[str, Any] = {
    "object": "list",
    "model": "text-embedding-3-small",
    "usage": {"prompt_tokens": 2, "total_tokens": 2},
}
VECTORS |= {"data": [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}]}
FOUND: dict[str, Any] = {"id": "modr-1", "model": "omni-moderation-latest"}
FOUND |= {"results": [{"flagged": True, "categories": {"hate": True}, "category_scores": {"hate": 0.9}}]}
MADE: dict[str, Any] = {"id": "resp_1", "object": "response", "status": "completed", "model": "gpt-5.1", "output": []}
MADE |= {"output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}]}


@pytest.mark.parametrize("endpoint", [None, "", "/v1/of-tomorrow"])
@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        (VECTORS, "embedding", [0.5, -0.5]),
        (FOUND, "flagged", True),
        (MADE, "object", "chat.completion"),
        (completion("Hi"), "object", "chat.completion"),
    ],
    ids=["embeddings", "moderations", "responses", "chat"],
)
def test_a_batch_that_does_not_say_what_was_asked_is_read_by_its_answers(
    endpoint: str | None, body: Any, name: str, value: Any
) -> None:
    line = {"custom_id": "a", "response": {"status_code": 200, "body": body}, "error": None}
    first, *_ = collect(written(line), endpoint=endpoint)
    assert "error" not in first
    assert first[name] == value


@pytest.mark.parametrize("cut", [1, 30, 60])
def test_what_was_cut_off_is_kept_as_far_as_it_came(cut: int) -> None:
    whole = json.dumps(answer("b", "paid for, and long " * 100))
    found = [line for line in collect(written(answer("a"), whole[:-cut])) if "raw" in line]
    (line,) = found
    assert line["error"]["code"] == "batch_line_unreadable"
    assert line["raw"] == {"line": whole[:-cut]}
    assert line["result"]["usage"]["known"] is False
