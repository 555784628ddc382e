"""Batch: Collect as a step, against the sandbox and against servers that differ from it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lib.batches.errors import BatchError
from pysailor.errors import InvalidConfig, InvalidInput, Rebound
from tests.support.batches import QUESTIONS, collect, run, submit, uploaded
from tests.support.fake_api import FakeApi

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

GATEWAY = "https://gw.example/v1"
OPENAI = "https://api.openai.com/v1"


def collected(sandbox: Sandbox, scenario: str = "") -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the lines by their ids, and the summary."""
    *lines, summary = collect(sandbox, submit(sandbox, QUESTIONS)["batch_id"], scenario)
    assert summary["result"]["outcome"] == "summary"
    assert len({line["custom_id"] for line in lines}) == len(lines)
    return {line["custom_id"]: line for line in lines}, summary


def answer(number: int, model: str = "gpt-5.4-nano") -> dict[str, Any]:
    message = {"role": "assistant", "content": f"Answer {number}"}
    usage = {"prompt_tokens": 1_000_000, "completion_tokens": 1_000_000, "total_tokens": 2_000_000}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {"id": "x", "object": "chat.completion", "model": model, "choices": choices, "usage": usage}


def line(custom_id: str, body: Any, status: int = 200) -> str:
    response = {"status_code": status, "request_id": "r", "body": body}
    return json.dumps({"id": "b", "custom_id": custom_id, "response": response, "error": None})


def collect_from(address: str, batch: dict[str, Any], files: dict[str, Any], **cfg: Any) -> list[dict[str, Any]]:
    document = {"id": "batch_1", "endpoint": "/v1/chat/completions", "status": "completed", **batch}
    with FakeApi() as api:
        api.answer("GET", f"{address}/batches/batch_1", json=document)
        for name, content in files.items():
            told = {"body": content} if isinstance(content, (str, bytes)) else content
            api.answer("GET", f"{address}/files/{name}/content", **told)
        return [made.body for made in run("batchCollect", {"batch_id": "batch_1"}, address, **cfg)]


def test_each_line_comes_as_send_request_would_have_emitted_it(sandbox: Sandbox) -> None:
    lines, summary = collected(sandbox)
    assert set(lines) == {"q-0", "q-1", "q-2", "q-3"}
    for number in range(4):
        one = lines[f"q-{number}"]
        assert f"Question {number}" in one["choices"][0]["message"]["content"]
        assert (one["result"]["outcome"], one["result"]["warnings"]) == ("complete", [])
        assert one["result"]["usage"]["known"] is True
    told = summary["result"]
    assert (told["answered"], told["failed"], told["unfinished"]) == (4, 0, [])
    assert told["usage"]["total"] == sum(one["result"]["usage"]["total"] for one in lines.values())


def test_an_answer_is_checked_against_the_response_format_that_was_sent(sandbox: Sandbox) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    schema = {**schema, "additionalProperties": False}
    wanted = {"type": "json_schema", "json_schema": {"name": "place", "schema": schema, "strict": True}}
    made = submit(sandbox, ["Where?"], common={"response_format": wanted})
    first, _ = collect(sandbox, made["batch_id"])
    assert isinstance(first["result"]["parsed"]["city"], str)


def test_while_it_is_not_done_the_message_is_put_off_with_the_count(sandbox: Sandbox) -> None:
    batch_id = submit(sandbox, QUESTIONS)["batch_id"]
    with pytest.raises(Rebound, match=r"in_progress, 2 of 4 lines") as caught:
        collect(sandbox, batch_id, "batch_slow", longestRest=90)
    assert caught.value.longest == 5400


@pytest.mark.parametrize("scenario", ["server_error_always", "rate_limit_always", "drops"])
def test_a_look_that_fails_is_put_off_and_not_an_error(sandbox: Sandbox, scenario: str) -> None:
    batch_id = submit(sandbox, QUESTIONS)["batch_id"]
    with pytest.raises(Rebound, match=batch_id):
        collect(sandbox, batch_id, scenario, maxRetries=0)


@pytest.mark.parametrize("ending", ["expired", "cancelled"])
def test_what_was_done_comes_and_what_was_not_is_named(sandbox: Sandbox, ending: str) -> None:
    lines, summary = collected(sandbox, f"batch_{ending}")
    assert [lines[f"q-{n}"]["result"]["outcome"] for n in range(4)] == ["complete", "complete", "failed", "failed"]
    error = lines["q-3"]["error"]
    assert (error["code"], error["retryable"]) == (f"batch_line_{ending}", True)
    assert sorted(summary["result"]["unfinished"]) == ["q-2", "q-3"]
    assert summary["batch"]["status"] == ending


def test_lines_that_failed_are_named_errors_and_only_some_may_be_sent_again(sandbox: Sandbox) -> None:
    lines, summary = collected(sandbox, "batch_partly_failed")
    assert lines["q-1"]["error"]["code"] == "bad_request"
    assert lines["q-3"]["error"]["code"] == "server_error"
    assert summary["result"]["unfinished"] == ["q-3"]
    assert (summary["result"]["answered"], summary["result"]["failed"]) == (2, 2)


def test_a_batch_in_which_every_line_failed_is_not_taken_for_done(sandbox: Sandbox) -> None:
    lines, summary = collected(sandbox, "batch_all_failed")
    assert {one["result"]["outcome"] for one in lines.values()} == {"failed"}
    assert (summary["result"]["answered"], summary["result"]["cost"]) == (0, None)


def test_a_line_that_is_in_no_file_is_told_as_lost(sandbox: Sandbox) -> None:
    lines, summary = collected(sandbox, "batch_line_missing")
    assert lines["q-3"]["error"]["code"] == "batch_line_lost"
    assert summary["result"]["unfinished"] == [], "it may have been billed"
    assert "only the provider's page tells" in summary["result"]["warnings"][-1]


def test_a_refused_file_is_an_error_with_the_service_s_reasons(sandbox: Sandbox) -> None:
    batch_id = submit(sandbox, QUESTIONS)["batch_id"]
    with pytest.raises(BatchError, match=r"line 1: .*invalid_json_line") as caught:
        collect(sandbox, batch_id, "batch_failed")
    assert (caught.value.code, caught.value.retryable) == ("batch_failed", False)
    assert caught.value.ids["batch"] == batch_id


def test_a_full_queue_may_be_tried_again(sandbox: Sandbox) -> None:
    batch_id = submit(sandbox, QUESTIONS)["batch_id"]
    with pytest.raises(BatchError, match="Limit: 2,000,000") as caught:
        collect(sandbox, batch_id, "batch_queue_full")
    assert (caught.value.code, caught.value.retryable) == ("batch_queue_full", True)


def test_answers_that_cannot_be_read_are_reported_with_all_ids(sandbox: Sandbox) -> None:
    batch_id = submit(sandbox, QUESTIONS)["batch_id"]
    with pytest.raises(BatchError) as caught:
        collect(sandbox, batch_id, "batch_file_missing")
    assert caught.value.code == "batch_file_unreadable"
    assert set(caught.value.ids) == {"batch", "input_file_id", "output_file_id"}
    assert all(value in str(caught.value) for value in caught.value.ids.values())


def test_an_unknown_batch_is_an_error_that_says_what_to_check(sandbox: Sandbox) -> None:
    with pytest.raises(BatchError, match="project") as caught:
        collect(sandbox, "batch_of_somebody")
    assert caught.value.code == "batch_not_found"


@pytest.mark.parametrize("batch_id", ["", " ", "batch\n1", "x" * 201, ".."])
def test_what_cannot_be_an_id_is_refused_before_asking(sandbox: Sandbox, batch_id: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        collect(sandbox, batch_id)
    assert caught.value.faults[0].pointer == "/batch_id"
    assert sandbox.requests == ()


def test_an_answer_costs_half() -> None:
    first, second, summary = collect_from(
        OPENAI, {"output_file_id": "out"}, {"out": f"{line('a', answer(1))}\n{line('b', answer(2))}"}
    )
    alone = (0.2 + 1.25) / 2
    assert first["result"]["cost"]["amount"] == second["result"]["cost"]["amount"] == alone
    assert summary["result"]["cost"]["amount"] == 2 * alone
    assert "half" in first["result"]["cost"]["notes"][-1]


def test_ids_that_are_empty_texts_are_none_and_what_was_sent_may_be_gone() -> None:
    gone = {"json": {"error": {"message": "No such File object: in"}}, "status": 404}
    files = {"in": gone, "out": line("a", answer(1))}
    batch = {"input_file_id": "in", "output_file_id": "out", "error_file_id": ""}
    first, summary = collect_from(GATEWAY, batch, files)
    assert first["result"]["outcome"] == "complete"
    assert "not at hand" in first["result"]["warnings"][-1]
    assert "not named" in summary["result"]["warnings"][-1]


@pytest.mark.parametrize(
    "odd", ["{broken", "null", '{"custom_id": "b"}', '{"custom_id": "b", "response": {"status_code": 0}}', "\u00ff"]
)
def test_a_line_that_cannot_be_read_is_emitted_as_such_and_the_others_come(odd: str) -> None:
    content = f"{line('a', answer(1))}\n\n{odd}\n{line('c', answer(3))}\n"
    first, broken, last, summary = collect_from(GATEWAY, {"output_file_id": "out"}, {"out": content})
    assert (first["custom_id"], last["custom_id"]) == ("a", "c")
    assert broken["error"]["code"] == "batch_line_unreadable"
    assert (summary["result"]["answered"], summary["result"]["failed"]) == (2, 1)


def test_an_answer_without_choices_is_an_error_and_kept() -> None:
    first, _ = collect_from(GATEWAY, {"output_file_id": "out"}, {"out": line("a", {"id": "x", "paid": True})})
    assert (first["result"]["outcome"], first["raw"]) == ("failed", {"id": "x", "paid": True})


def test_a_status_that_nobody_knows_is_waited_for() -> None:
    with pytest.raises(Rebound, match="resting"):
        collect_from(GATEWAY, {"status": "resting"}, {})


@pytest.mark.parametrize("minutes", [0, 1441])
def test_a_rest_that_nobody_can_mean_is_refused(sandbox: Sandbox, minutes: int) -> None:
    with pytest.raises(InvalidConfig) as caught:
        collect(sandbox, "batch_sandbox", longestRest=minutes)
    assert caught.value.faults[0].pointer == "/longestRest"


def test_without_another_word_twenty_looks_last_for_the_day_of_a_batch(sandbox: Sandbox) -> None:
    with pytest.raises(Rebound) as caught:
        collect(sandbox, "batch_sandbox", "batch_slow")
    longest = caught.value.longest
    assert longest is not None
    assert sum(min(15 * 2**n, longest) for n in range(20)) >= 24 * 3600


def test_a_file_that_takes_too_long_says_to_allow_more_time(sandbox: Sandbox) -> None:
    batch_id = submit(sandbox, QUESTIONS)["batch_id"]
    with pytest.raises(BatchError, match="time limit") as caught:
        collect(sandbox, batch_id, "batch_file_slow", timeout=1, maxRetries=0)
    assert caught.value.code == "batch_file_too_slow"


@pytest.mark.parametrize("where", ["/proc", "/nowhere"])
def test_without_room_for_its_files_a_batch_is_neither_sent_nor_lost(
    sandbox: Sandbox, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", where)
    with pytest.raises(BatchError) as caught:
        submit(sandbox, QUESTIONS)
    assert (caught.value.code, uploaded(sandbox)) == ("batch_no_space", [])
    with pytest.raises(BatchError, match="batch_sandbox") as caught:
        collect(sandbox, "batch_sandbox")
    assert caught.value.code == "batch_no_space"
