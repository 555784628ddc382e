"""Send Request beyond sending: checked before, checked after, accounted for."""

from __future__ import annotations

from typing import Any

import pytest

from lib.api.connection import PUBLIC_API
from lib.cost.worst_case import OverBudget
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY, Sandbox
from lib.result import BadAnswer
from pysailor.context import Context, Event, SnapshotUpdate
from pysailor.errors import InvalidConfig, InvalidInput
from pysailor.message import Message
from pysailor.step import Invocation, Step
from tests.support.fake_api import FakeApi
from tests.support.send_request import FUNCTION, HELLO, USER, completion, emitted, events_of, result_of

from ..conftest import LOGGER

ORDER = {
    "type": "json_schema",
    "json_schema": {
        "name": "order",
        "schema": {"type": "object", "properties": {"pieces": {"type": "integer"}}, "required": ["pieces"]},
    },
}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({**HELLO, "tool_choice": "auto"}, "/tool_choice"),
        ({**HELLO, "stream_options": {"include_usage": True}}, "/stream_options"),
        ({**HELLO, "response_format": {"type": "json_object"}}, "/messages"),
        ({"messages": [USER, {"role": "tool", "tool_call_id": "1", "content": "x"}]}, "/messages/1"),
    ],
)
def test_what_the_service_certainly_refuses_is_not_sent(body: Any, pointer: str) -> None:
    with FakeApi(), pytest.raises(InvalidInput) as raised:
        emitted(body, model="gpt-4.1")
    assert raised.value.faults[0].pointer.startswith(pointer)


def test_a_doubt_is_a_warning_and_an_error_if_the_step_is_strict(sandbox: Sandbox) -> None:
    doubtful = {**HELLO, "model": "gpt-sandbox-2", "tool_choice": "none"}
    with pytest.raises(ApiError):  # the sandbox is not the public API, so the request was sent, and refused
        emitted(doubtful, baseUrl=sandbox.base_url)
    with pytest.raises(InvalidInput, match="/tool_choice"):
        emitted(doubtful, baseUrl=sandbox.base_url, strict=True)
    assert len(sandbox.requests) == 1


def test_a_field_that_the_model_refuses_is_told_with_the_fix_before_sending() -> None:
    with FakeApi(), pytest.raises(InvalidInput, match="/temperature"):
        emitted({**HELLO, "temperature": 0.5}, model="gpt-5")


def test_max_tokens_is_renamed_for_models_that_want_it_so_and_that_is_said() -> None:
    with FakeApi() as api:
        sent = api.post(f"{PUBLIC_API}/chat/completions", json=completion("Hi"))
        result = result_of({**HELLO, "max_tokens": 50}, model="gpt-5")
    assert b'"max_completion_tokens":50' in sent.received[0].body
    assert "max_tokens was sent as max_completion_tokens" in " ".join(result["warnings"])


@pytest.mark.parametrize(
    ("scenario", "outcome"),
    [("", "complete"), ("truncated", "truncated"), ("refusal", "refused"), ("content_filter", "filtered")],
)
def test_the_outcome_stands_in_the_result_and_the_headers(sandbox: Sandbox, scenario: str, outcome: str) -> None:
    base_url = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    (message,) = emitted(HELLO, baseUrl=base_url)
    assert message.body["result"]["outcome"] == outcome
    assert message.headers["x-outcome"] == outcome


@pytest.mark.parametrize(
    ("scenario", "setting", "code"),
    [
        ("truncated", "onTruncated", "answer_truncated"),
        ("refusal", "onRefusal", "answer_refused"),
        ("content_filter", "onRefusal", "answer_filtered"),
    ],
)
def test_the_step_may_call_it_an_error_and_the_error_tells_what_was_paid(
    sandbox: Sandbox, scenario: str, setting: str, code: str
) -> None:
    with pytest.raises(BadAnswer) as raised:
        emitted(HELLO, baseUrl=sandbox.base_url_of(scenario), **{setting: "fail"})
    told = raised.value.to_json()
    assert told["code"] == code
    assert told["usage"]["total"] > 0


def test_a_json_answer_is_parsed_and_checked() -> None:
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion('{"pieces": 3}'))
        assert result_of({**HELLO, "response_format": ORDER}, model="gpt-4.1")["parsed"] == {"pieces": 3}


def test_an_answer_that_does_not_fit_says_where_or_is_an_error() -> None:
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion('{"pieces": "three"}'))
        result = result_of({**HELLO, "response_format": ORDER}, model="gpt-4.1")
        assert result["parse_error"]["faults"][0]["pointer"] == "/pieces"
        assert "parsed" not in result
        with pytest.raises(BadAnswer, match="/pieces"):
            emitted({**HELLO, "response_format": ORDER}, model="gpt-4.1", onMisfit="fail")


def test_a_repair_round_names_the_fault_and_all_rounds_are_accounted_for() -> None:
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion('{"pieces": "three"}'))
        second = api.post(f"{PUBLIC_API}/chat/completions", json=completion('{"pieces": 3}'))
        result = result_of({**HELLO, "response_format": ORDER}, model="gpt-4.1", repairs=2)
    assert b"/pieces" in second.received[0].body
    assert result["parsed"] == {"pieces": 3}
    assert (result["rounds"], result["usage"]["total"]) == (2, 30)


def test_the_cost_is_told_with_the_day_of_its_prices_or_not_at_all(sandbox: Sandbox) -> None:
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion("Hi"))
        cost = result_of(HELLO, model="gpt-4.1")["cost"]
    assert float(cost["amount"]) == pytest.approx(10 * 2e-6 + 5 * 8e-6)
    assert cost["currency"] == "USD"
    assert result_of(HELLO, baseUrl=sandbox.base_url)["cost"] is None


def test_a_request_that_may_cost_too_much_is_not_sent() -> None:
    with FakeApi(), pytest.raises(OverBudget, match=r"0\.001 US\$ is allowed"):
        emitted({**HELLO, "max_completion_tokens": 1000}, model="gpt-4.1", maxCost="0.001")


def test_a_request_within_its_budget_is_sent() -> None:
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion("Hi"))
        assert emitted({**HELLO, "max_completion_tokens": 100}, model="gpt-4.1", maxCost="0.01")


@pytest.mark.parametrize("amount", ["much", "-1", "NaN", "inf"])
def test_a_budget_that_is_no_amount_is_a_setting_to_mend(amount: str) -> None:
    with pytest.raises(InvalidConfig, match="/maxCost"):
        emitted(HELLO, maxCost=amount)


def test_what_a_server_refused_is_remembered_and_told_the_next_time(sandbox: Sandbox) -> None:
    body = {**HELLO, "max_tokens": 5}
    base_url = sandbox.base_url_of("unsupported_parameter")
    cfg = {"apiKey": KEY, "model": "gpt-sandbox-2", "baseUrl": base_url}
    events: list[Event] = []
    for _ in range(2):
        step = Step(FUNCTION, cfg)
        with pytest.raises(ApiError):
            step.process(Message(body=body), Invocation(events.append, LOGGER))
    first, second = [event.delta for event in events if isinstance(event, SnapshotUpdate)]
    assert first.keys() == second.keys()
    check = FUNCTION.get_function("check")
    checked = check(Message(body=body), Step(FUNCTION, cfg).cfg, first, Context())
    assert [warning.pointer for warning in checked.warnings] == ["/max_tokens"]
    strict = Step(FUNCTION, {**cfg, "strict": True}).cfg
    assert check(Message(body=body), strict, first, Context()).errors == ()


@pytest.mark.parametrize("snapshot", [[1], "text", {"refused x": 1}, {"refused x": {"foo": 1}}, {"refused": [1]}])
def test_a_memory_that_is_not_ours_is_passed_over(sandbox: Sandbox, snapshot: Any) -> None:
    assert events_of(HELLO, snapshot=snapshot, baseUrl=sandbox.base_url)


def test_with_several_answers_each_is_checked() -> None:
    cut = {"index": 1, "message": {"role": "assistant", "content": "Once"}, "finish_reason": "length"}
    several = completion("Hi")
    several["choices"].append(cut)
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=several)
        with pytest.raises(BadAnswer, match="cut off"):
            emitted({**HELLO, "n": 2}, model="gpt-4.1", onTruncated="fail")


def test_a_tool_call_that_cannot_be_made_is_a_misfit() -> None:
    tool = {"type": "function", "function": {"name": "weather"}}
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": "{"}}
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion(None, "tool_calls", tool_calls=[call]))
        with pytest.raises(BadAnswer, match="weather"):
            emitted({**HELLO, "tools": [tool]}, model="gpt-4.1", onMisfit="fail")


def test_a_repair_that_fails_does_not_throw_away_what_was_paid_for() -> None:
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion('{"pieces": "three"}'))
        api.post(f"{PUBLIC_API}/chat/completions", status=400, json={"error": {"message": "no"}})
        result = result_of({**HELLO, "response_format": ORDER}, model="gpt-4.1", repairs=1)
    assert result["parse_error"]["faults"][0]["pointer"] == "/pieces"
    assert "a repair round failed (bad_request)" in result["warnings"][0]
    assert result["tries"] == 2


def test_a_try_that_was_lost_is_said_to_be_billed_perhaps(sandbox: Sandbox) -> None:
    result = result_of(HELLO, baseUrl=sandbox.base_url_of("drops_once"))
    assert "may have been billed too" in result["warnings"][0]
    assert result["usage"]["known"] is False


def test_a_local_model_has_no_price_whatever_it_was_asked_as(sandbox: Sandbox) -> None:
    with FakeApi() as api:
        api.post("http://local.example/v1/chat/completions", json={**completion("Hi"), "model": "smollm"})
        assert result_of(HELLO, baseUrl="http://local.example/v1", model="gpt-4.1")["cost"] is None
    assert sandbox.requests == ()


def test_no_log_line_quotes_the_request(caplog: pytest.LogCaptureFixture) -> None:
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json=completion("Hi"))
        emitted({**HELLO, "logit_bias": {"text: secret word": 1}, "max_tokens": 5}, model="gpt-4.1")
    assert "secret" not in caplog.text


def test_a_word_in_logit_bias_becomes_tokens(sandbox: Sandbox) -> None:
    emitted({**HELLO, "logit_bias": {"text: hello": -5}}, baseUrl=sandbox.base_url)
    assert all(key.isdigit() for key in sandbox.requests[-1].body["logit_bias"])


@pytest.mark.parametrize(
    "odd",
    [{"id": 5}, {"created": "now"}, {"system_fingerprint": 1}, {"metadata": []}, {"usage": {"total_tokens": "15"}}],
    ids=str,
)
def test_what_is_paid_for_is_not_lost_to_a_server_s_quirks(odd: dict[str, Any]) -> None:
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/chat/completions", json={**completion("Hi"), **odd})
        (message,) = emitted(HELLO, model="gpt-4.1")
    assert message.body.items() >= odd.items()
