"""Batches over the Responses API, and responses that are made in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lib.batches.errors import BatchError
from lib.errors.api_error import ApiError
from pysailor.errors import InvalidInput, Rebound
from tests.support.batches import QUESTIONS, collect, created, lines_of, run, submit, uploaded
from tests.support.fake_api import FakeApi
from tests.support.response_events import response

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

OPENAI = "https://api.openai.com/v1"


def test_a_batch_goes_to_responses_if_the_step_says_so(sandbox: Sandbox) -> None:
    submit(sandbox, QUESTIONS, api="responses")
    (request,) = created(sandbox)
    assert request["endpoint"] == "/v1/responses"
    first = lines_of(uploaded(sandbox)[0])[0]
    assert first["url"] == "/v1/responses"
    assert "input" in first["body"]
    assert "messages" not in first["body"]


def test_one_line_that_needs_responses_takes_all_there() -> None:
    needs = {"messages": [{"role": "user", "content": "Hello"}], "include": ["message.output_text.logprobs"]}
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/batches", json={"data": []})
        api.post(f"{OPENAI}/files", json={"id": "file-1"})
        api.post(f"{OPENAI}/batches", json={"id": "batch_1", "status": "validating"})
        run("batchSubmit", {"requests": ["Hello", needs]}, OPENAI, "m", model="gpt-5.4-nano")
        form = next(one.body.decode() for one in api.received if one.url.endswith("/files"))
    assert {line["url"] for line in lines_of(form)} == {"/v1/responses"}


def test_a_batch_of_responses_comes_as_send_request_would_have_emitted_it(sandbox: Sandbox) -> None:
    schema: dict[str, Any] = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    wanted = {"type": "json_schema", "json_schema": {"name": "number", "schema": schema}}
    made = submit(sandbox, ["How many?", "And how few?"], api="responses", common={"response_format": wanted})
    first, second, _ = collect(sandbox, made["batch_id"])
    assert {first["custom_id"], second["custom_id"]} == {"line-1", "line-2"}
    for one in (first, second):
        assert isinstance(one["result"]["parsed"]["n"], int)
        assert (one["result"]["api"], one["object"]) == ("responses", "chat.completion")


def test_a_response_in_the_background_is_waited_for_and_comes_like_any_answer(sandbox: Sandbox) -> None:
    body = {"messages": [{"role": "user", "content": "Think"}], "background": True}
    (asked,) = run("sendRequest", body, sandbox.base_url, api="responses")
    assert asked.body["result"]["outcome"] == "pending"
    rests = []
    answered = None
    while answered is None:
        try:
            (answered,) = run("batchCollect", {"response_id": asked.body["id"]}, sandbox.base_url)
        except Rebound as rebound:
            rests.append(rebound.longest)
    assert rests == [240.0, 240.0], "what is not stored is gone ten minutes later"
    assert answered.body["result"]["outcome"] == "complete"
    assert "Think" in answered.body["choices"][0]["message"]["content"]


@pytest.mark.parametrize(("window", "factor"), [("2h", 0.7), ("8h", 0.6), ("soonest", 1)])
def test_a_response_that_was_given_hours_costs_less(window: str, factor: float) -> None:
    usage = {"input_tokens": 1_000_000, "output_tokens": 1_000_000, "total_tokens": 2_000_000}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    response = {"id": "resp_1", "status": "completed", "model": "gpt-5.4-nano", "output": [said], "usage": usage}
    with FakeApi() as api:
        options = {"background_options": {"completion_window": window}}
        api.answer("GET", f"{OPENAI}/responses/resp_1", json={**response, **options})
        (made,) = run("batchCollect", {"batch_id": "resp_1"}, OPENAI)
    assert made.body["result"]["cost"]["amount"] == pytest.approx(1.45 * factor)


def test_a_response_that_is_gone_is_an_error_that_tells_of_store(sandbox: Sandbox) -> None:
    with pytest.raises(BatchError, match="store") as caught:
        run("batchCollect", {"response_id": "resp_gone"}, sandbox.base_url)
    assert caught.value.code == "response_not_found"


def test_a_response_that_failed_is_the_service_s_error() -> None:
    error = {"code": "server_error", "message": "It broke"}
    with FakeApi() as api:
        document = {"id": "resp_1", "status": "failed", "error": error, "output": []}
        api.answer("GET", f"{OPENAI}/responses/resp_1", json=document)
        with pytest.raises(ApiError) as caught:
            run("batchCollect", {"response_id": "resp_1"}, OPENAI)
    assert caught.value.code == "server_error"


def test_both_ids_at_once_are_refused(sandbox: Sandbox) -> None:
    with pytest.raises(InvalidInput) as caught:
        run("batchCollect", {"batch_id": "batch_1", "response_id": "resp_1"}, sandbox.base_url)
    assert caught.value.faults[0].pointer == "/response_id"


@pytest.mark.parametrize(
    "told", [{"status": "QUEUED"}, {"status": "waiting", "output": []}, {"status": "in_progress", "store": False}]
)
def test_a_response_under_any_word_without_an_answer_is_waited_for(told: dict[str, Any]) -> None:
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/responses/resp_1", json={"id": "resp_1", **told})
        with pytest.raises(Rebound, match="resp_1: it is") as caught:
            run("batchCollect", {"response_id": "resp_1"}, OPENAI)
    assert caught.value.longest == 240


def test_a_look_that_fails_is_repeated_before_the_answer_may_be_gone() -> None:
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/responses/resp_1", json={"error": {"message": "boom"}}, status=500)
        with pytest.raises(Rebound, match="could not be looked at") as caught:
            run("batchCollect", {"response_id": "resp_1"}, OPENAI, maxRetries=0)
    assert caught.value.longest == 240


@pytest.mark.parametrize("odd", [{"a": 1}, ["2h"], 5])
def test_a_window_of_an_odd_kind_does_not_lose_the_answer(odd: Any) -> None:
    answer = {**response(), "model": "gpt-5.4", "background_options": {"completion_window": odd}}
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/responses/resp_1", json=answer)
        (made,) = run("batchCollect", {"response_id": "resp_1"}, OPENAI)
    assert made.body["result"]["cost"]["amount"] > 0
