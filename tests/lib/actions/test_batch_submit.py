"""Batch: Submit as a step, against the sandbox and against servers that fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from lib.batches.errors import BatchError
from lib.batches.upload import MOST_BYTES
from lib.cost.worst_case import OverBudget
from lib.errors.api_error import ApiError
from pysailor.errors import InvalidConfig, InvalidInput
from tests.support.batches import QUESTIONS, at, created, lines_of, run, submit, uploaded
from tests.support.embedding import golden
from tests.support.fake_api import FakeApi

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

OPENAI = "https://api.openai.com/v1"
GATEWAY = "https://gw.example/v1"
ONE = {"messages": [{"role": "user", "content": "Hello"}]}


def faults_of(sandbox: Sandbox, requests: list[Any], **more: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        submit(sandbox, requests, **more)
    assert not [one for one in sandbox.requests if one.method == "POST"], "something was sent"
    return {fault.pointer: fault.message for fault in caught.value.faults}


def test_a_list_becomes_one_batch_with_its_id_and_count(sandbox: Sandbox) -> None:
    made = submit(sandbox, QUESTIONS)
    assert made["batch_id"].startswith("batch_")
    assert (made["count"], made["model"], made["status"], made["replayed"]) == (4, "gpt-sandbox-2", "validating", False)


def test_what_is_sent_is_what_the_api_publishes(sandbox: Sandbox) -> None:
    submit(sandbox, QUESTIONS, keepDays="7")
    (form,) = uploaded(sandbox)
    for line in lines_of(form):
        jsonschema.Draft202012Validator(golden("batch.line.json")).validate(line)
    assert [line["custom_id"] for line in lines_of(form)] == ["q-0", "q-1", "q-2", "q-3"]
    assert lines_of(form)[0]["body"] == {"model": "gpt-sandbox-2", "messages": QUESTIONS[0]["messages"]}
    assert "604800" in form
    (request,) = created(sandbox)
    jsonschema.Draft202012Validator(golden("batch.create.json")).validate(request)
    assert request["output_expires_after"] == {"anchor": "created_at", "seconds": 604_800}


def test_texts_are_asked_with_the_instructions_and_what_is_common(sandbox: Sandbox) -> None:
    common = {"max_completion_tokens": 20}
    submit(sandbox, ["Guten Tag", "Dobry den"], instructions="Which language?", common=common)
    first, second = lines_of(uploaded(sandbox)[0])
    assert first["body"] == {
        "model": "gpt-sandbox-2",
        "max_completion_tokens": 20,
        "messages": [{"role": "system", "content": "Which language?"}, {"role": "user", "content": "Guten Tag"}],
    }
    assert (first["custom_id"], second["custom_id"]) == ("line-1", "line-2")


def test_a_field_of_each_item_is_its_request_and_another_its_id(sandbox: Sandbox) -> None:
    items = [{"sku": 7, "ask": {"text": "Hose"}}, {"sku": "B/8", "ask": {"text": ONE}}]
    submit(sandbox, items, field="ask.text", idField="sku")
    first, second = lines_of(uploaded(sandbox)[0])
    assert (first["custom_id"], first["body"]["messages"][-1]["content"]) == ("7", "Hose")
    assert (second["custom_id"], second["body"]["messages"]) == ("B/8", ONE["messages"])


def test_every_wrong_line_is_named_with_its_place_and_nothing_is_sent(sandbox: Sandbox) -> None:
    requests = [ONE, {"messages": [{"role": "narrator", "content": "x"}]}, "", 5, {**ONE, "stream": True}]
    found = faults_of(sandbox, requests)
    assert set(found) == {"/requests/2", "/requests/3", "/requests/4/stream"}
    assert all(f"line {int(place.split('/')[2]) + 1}" in told for place, told in found.items())
    assert set(faults_of(sandbox, requests[:2])) == {"/requests/1/messages/0/role"}


def test_what_preflight_refuses_of_a_line_is_refused_before_the_upload(sandbox: Sandbox) -> None:
    tool = {"role": "tool", "tool_call_id": "call_1", "content": "x"}
    found = faults_of(sandbox, [ONE, {"messages": [*ONE["messages"], tool]}], strict=True)
    assert list(found) == ["/requests/1/messages/1/role"]
    assert found["/requests/1/messages/1/role"].startswith("line 2 (line-2): ")


def test_a_number_that_json_has_no_word_for_is_refused_with_its_line(sandbox: Sandbox) -> None:
    assert list(faults_of(sandbox, ["x", {**ONE, "x_other": float("inf")}])) == ["/requests/1"]


def test_two_models_in_one_batch_are_refused(sandbox: Sandbox) -> None:
    found = faults_of(sandbox, [ONE, {**ONE, "model": "o9-sandbox"}])
    assert "o9-sandbox" in found["/requests/1/model"]


def test_the_same_id_twice_is_refused_naming_the_first(sandbox: Sandbox) -> None:
    found = faults_of(sandbox, [{"custom_id": "a", **ONE}, {"custom_id": "b", **ONE}, {"custom_id": "a", **ONE}])
    assert list(found) == ["/requests/2"]
    assert "/requests/0" in found["/requests/2"]


def test_more_lines_than_a_batch_takes_are_refused(sandbox: Sandbox) -> None:
    assert "50000" in faults_of(sandbox, ["x"] * 50_001)["/requests"]


def test_a_file_that_is_too_large_is_refused_before_the_upload(sandbox: Sandbox) -> None:
    large = "x" * (MOST_BYTES // 3)
    assert "200 MB" in faults_of(sandbox, [f"{number}{large}" for number in range(3)])["/requests"]


@pytest.mark.parametrize("days", ["0", "31", "a week", "1.5"])
def test_days_that_the_service_does_not_take_are_refused(sandbox: Sandbox, days: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        submit(sandbox, [ONE], keepDays=days)
    assert caught.value.faults[0].pointer == "/keepDays"


def test_a_message_that_is_brought_again_is_not_submitted_twice(sandbox: Sandbox) -> None:
    first = submit(sandbox, QUESTIONS)
    again = submit(sandbox, QUESTIONS)
    assert (again["batch_id"], again["replayed"]) == (first["batch_id"], True)
    assert len(created(sandbox)) == len(uploaded(sandbox)) == 1


def test_the_same_lines_in_another_message_are_another_batch(sandbox: Sandbox) -> None:
    batches = {submit(sandbox, QUESTIONS, message_id=name)["batch_id"] for name in ("m-1", "m-2")}
    assert len(batches) == len(created(sandbox)) == 2


def test_other_lines_in_the_same_message_are_another_batch(sandbox: Sandbox) -> None:
    assert submit(sandbox, QUESTIONS)["batch_id"] != submit(sandbox, QUESTIONS[:2])["batch_id"]


def test_a_lost_answer_to_the_creation_is_looked_up_and_not_sent_again() -> None:
    key: list[str] = []

    def listed() -> dict[str, Any]:
        return {"data": [{"id": "batch_1", "status": "validating", "metadata": {"submission": key[0]}}]}

    with FakeApi() as api:
        api.answer("GET", f"{GATEWAY}/batches", json={"data": []})
        api.post(f"{GATEWAY}/files", json={"id": "file-1"})
        api.post(f"{GATEWAY}/batches", json={"error": {"message": "busy"}}, status=500)
        api.answer("GET", f"{GATEWAY}/batches", json={"data": []})
        api.post(f"{GATEWAY}/batches", json={"id": "batch_1", "status": "validating"})
        (made,) = run("batchSubmit", {"requests": [ONE]}, GATEWAY, "m", model="m")
        key.append(json.loads(api.received[-1].body)["metadata"]["submission"])
        assert made.body["batch_id"] == "batch_1"
    with FakeApi() as api:
        api.answer("GET", f"{GATEWAY}/batches", json={"data": []})
        api.post(f"{GATEWAY}/files", json={"id": "file-1"})
        api.post(f"{GATEWAY}/batches", json={"error": {"message": "busy"}}, status=500)
        api.answer("GET", f"{GATEWAY}/batches", json=listed())
        (made,) = run("batchSubmit", {"requests": [ONE]}, GATEWAY, "m", model="m")
        assert made.body["batch_id"] == "batch_1"


def test_where_nobody_can_tell_whether_there_is_a_batch_the_error_says_so() -> None:
    with FakeApi() as api:
        api.answer("GET", f"{GATEWAY}/batches", json={"data": []})
        api.post(f"{GATEWAY}/files", json={"id": "file-1"})
        api.post(f"{GATEWAY}/batches", json={"error": {"message": "busy"}}, status=500)
        api.answer("GET", f"{GATEWAY}/batches", json={"error": {"message": "busy"}}, status=500)
        with pytest.raises(BatchError) as caught:
            run("batchSubmit", {"requests": [ONE]}, GATEWAY, "m", model="m", maxRetries=0)
    assert (caught.value.code, caught.value.retryable) == ("batch_unsure", True)


def test_the_worst_case_is_half_of_what_the_lines_would_cost_alone() -> None:
    request = {**ONE, "max_completion_tokens": 100_000}
    with FakeApi() as api:
        api.answer("GET", f"{OPENAI}/batches", json={"data": []})
        api.post(f"{OPENAI}/files", json={"id": "file-1"})
        api.post(f"{OPENAI}/batches", json={"id": "batch_1", "status": "validating"})
        (made,) = run("batchSubmit", {"requests": [request] * 2}, OPENAI, "m", model="gpt-5.4-nano")
    assert pytest.approx(made.body["worst_case"]["amount"], rel=1e-4) == 2 * 0.125 / 2


def test_a_batch_above_the_maximum_cost_is_not_sent(sandbox: Sandbox) -> None:
    with pytest.raises(OverBudget, match="half"):
        run("batchSubmit", {"requests": [ONE]}, OPENAI, "m", model="gpt-5.4-nano", maxCost="0.00001")
    with pytest.raises(OverBudget, match="not known"):
        submit(sandbox, [ONE], maxCost="5")
    assert sandbox.requests == ()


def test_a_refused_upload_is_the_error_of_the_service(sandbox: Sandbox) -> None:
    with pytest.raises(ApiError) as caught:
        run("batchSubmit", {"requests": [ONE]}, at(sandbox, "quota"), "m")
    assert caught.value.code == "quota"
