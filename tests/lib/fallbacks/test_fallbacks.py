"""Fallbacks: who is asked after whom, for what, and what is told of it. The servers are real ones."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from lib.actions import send_request
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY
from pysailor.context import Context, Data, Event
from pysailor.errors import InvalidConfig, InvalidInput
from pysailor.message import Message
from pysailor.step import Invocation, Step
from pysailor.store.memory import MemoryValues
from tests.support.broker import free_port
from tests.support.fake_api import FakeApi
from tests.support.journaled import brought, journal
from tests.support.send_request import FUNCTION, HELLO, LOGGER, completion, emitted

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

GATEWAY = "https://gw.example/v1"
OPENAI = OTHER = "https://api.openai.com/v1"
CHAT = "/chat/completions"
CALL = {"timeout": 60, "maxRetries": 0, "repairs": 0}
REFUSED = {
    "quota": (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}),
    "rate_limit": (429, {"message": "Rate limit reached", "code": "rate_limit_exceeded"}),
    "server_error": (500, {"message": "The server had an error"}),
    "overloaded": (503, {"message": "Overloaded", "code": "server_is_overloaded"}),
    "model_not_found": (404, {"message": "The model `m` does not exist", "code": "model_not_found"}),
}
WRONG = {
    "bad_request": (400, {"message": "Invalid value", "param": "messages"}),
    "bad_key": (401, {"message": "Incorrect API key", "code": "invalid_api_key"}),
    "context_length": (400, {"message": "maximum context length", "code": "context_length_exceeded"}),
}


def nowhere() -> str:
    """Return an address at which nothing listens."""
    return f"http://127.0.0.1:{free_port()}/v1"


def ask(body: Any = HELLO, **cfg: Any) -> Message:
    message: Message = emitted(body, **{"maxRetries": 0, "baseUrl": GATEWAY, "model": "m", **cfg})[-1]
    return message


def models_of(api: FakeApi) -> list[str]:
    return [json.loads(one.body)["model"] for one in api.received]


@pytest.mark.parametrize("code", sorted(REFUSED.keys() - {"quota"}))
def test_the_next_model_is_asked_where_the_first_cannot_answer(code: str) -> None:
    status, error = REFUSED[code]
    with FakeApi() as api:
        api.post(GATEWAY + CHAT, json={"error": error}, status=status)
        api.post(GATEWAY + CHAT, json=completion("Hi"))
        answer = ask(fallbacks="n")
        assert models_of(api) == ["m", "n"]
    result = answer.body["result"]
    assert (result["answered_by"], answer.headers["x-answered-by"]) == ("n at gw.example", "n at gw.example")
    assert result["warnings"][0].startswith(f"m at gw.example did not answer ({code})")
    assert result["tries"] == 2


def test_an_account_without_credit_is_passed_over_also_while_nothing_is_sent_to_it() -> None:
    second = {"fallbacks": "second:n", "secondBaseUrl": OTHER, "secondApiKey": "-"}
    step = Step(FUNCTION, {"apiKey": KEY, "maxRetries": 0, "baseUrl": GATEWAY, "model": "m", **second})
    events: list[Event] = []
    with FakeApi() as api, closing(step):
        api.post(GATEWAY + CHAT, json={"error": REFUSED["quota"][1]}, status=429)
        api.post(OTHER + CHAT, json=completion("Hi"))
        for _ in range(2):
            step.process(Message(body=HELLO), Invocation(events.append, LOGGER))
        assert models_of(api) == ["m", "n", "n"], "the empty account is asked once"
    first, second_ = [event.message.body["result"]["warnings"][0] for event in events if isinstance(event, Data)]
    assert "did not answer (quota)" in first
    assert "was not asked: gw.example said that the account has no quota left" in second_


@pytest.mark.parametrize("code", sorted(WRONG))
def test_a_request_that_is_wrong_is_taken_to_nobody_else(code: str) -> None:
    status, error = WRONG[code]
    with FakeApi() as api:
        api.post(GATEWAY + CHAT, json={"error": error}, status=status)
        with pytest.raises(ApiError) as caught:
            ask(fallbacks="n")
    assert caught.value.code == code


def test_the_first_answers_where_it_can() -> None:
    with FakeApi() as api:
        api.post(GATEWAY + CHAT, json=completion("Hi"))
        result = ask(fallbacks="n, o").body["result"]
    assert (result["answered_by"], result["warnings"]) == ("m at gw.example", [])


def test_without_fallbacks_nothing_is_told_of_them() -> None:
    with FakeApi() as api:
        api.post(GATEWAY + CHAT, json=completion("Hi"))
        assert "answered_by" not in ask().body["result"]


def test_the_second_server_is_asked_with_its_own_key_and_nothing_of_the_first(sandbox: Sandbox) -> None:
    answer = ask(
        baseUrl=nowhere(),
        apiKey="sk-first",
        organization="org-first",
        headers='{"X-Secret": "first"}',
        model="gpt-sandbox-2",
        fallbacks="second",
        secondBaseUrl=sandbox.base_url,
        secondApiKey="sk-sandbox",
    )
    assert "did not answer (unreachable)" in answer.body["result"]["warnings"][0]
    (asked,) = sandbox.requests
    assert asked.body["model"] == "gpt-sandbox-2"
    assert not {"openai-organization", "x-secret"} & set(asked.headers)


def test_a_model_of_the_message_goes_to_the_second_server_and_a_named_one_stands_above_it() -> None:
    busy = {"error": REFUSED["overloaded"][1]}
    with FakeApi() as api:
        api.post(GATEWAY + CHAT, json=busy, status=503)
        api.post(OTHER + CHAT, json=busy, status=503)
        api.post(OTHER + CHAT, json=completion("Hi"))
        body = {**HELLO, "model": "x"}
        answer = ask(body, fallbacks="second, second:y", secondBaseUrl=OTHER, secondApiKey="-")
        assert models_of(api) == ["x", "x", "y"]
    assert answer.body["result"]["answered_by"] == "y at api.openai.com"
    assert [told.split(" did")[0] for told in answer.body["result"]["warnings"]] == [
        "x at gw.example",
        "x at api.openai.com",
    ]


def test_a_fallback_that_the_request_cannot_fit_is_skipped_with_a_warning() -> None:
    with FakeApi() as api:
        api.post(OPENAI + CHAT, json={"error": REFUSED["overloaded"][1]}, status=503)
        api.post(OPENAI + CHAT, json=completion("Hi"))
        body = {**HELLO, "temperature": 0.2}
        result = ask(body, baseUrl=OPENAI, model="gpt-4.1", fallbacks="o3, gpt-4o").body["result"]
        assert models_of(api) == ["gpt-4.1", "gpt-4o"]
    assert result["warnings"][1].startswith("o3 at api.openai.com was skipped (invalid_input): /temperature")


def test_a_model_that_is_shut_down_is_passed_over_without_asking() -> None:
    with FakeApi() as api:
        api.post(OPENAI + CHAT, json=completion("Hi"))
        result = ask(baseUrl=OPENAI, model="gpt-4-turbo", fallbacks="gpt-4.1", strict=True).body["result"]
        assert models_of(api) == ["gpt-4.1"]
    assert "was skipped" in result["warnings"][0]


def test_a_wrong_request_is_refused_before_anybody_is_asked() -> None:
    with FakeApi(), pytest.raises(InvalidInput):
        ask({**HELLO, "temperature": 9}, baseUrl=OPENAI, model="gpt-4.1", fallbacks="gpt-4o")


def test_where_nobody_answers_the_first_error_stands_and_tells_of_the_others() -> None:
    with FakeApi() as api:
        api.post(GATEWAY + CHAT, json={"error": REFUSED["overloaded"][1]}, status=503)
        api.post(GATEWAY + CHAT, json={"error": REFUSED["quota"][1]}, status=429)
        with pytest.raises(ApiError, match=r"No fallback answered: n at .*\(quota\)") as caught:
            ask(fallbacks="n")
    assert (caught.value.code, caught.value.retryable) == ("overloaded", True)
    assert [one.outcome for one in caught.value.tries] == ["overloaded", "quota"]


def test_a_key_that_the_second_server_refuses_does_not_hide_that_the_first_is_down() -> None:
    with FakeApi() as api:
        api.post(GATEWAY + CHAT, json={"error": REFUSED["overloaded"][1]}, status=503)
        api.post(OTHER + CHAT, json={"error": WRONG["bad_key"][1]}, status=401)
        with pytest.raises(ApiError, match="bad_key") as caught:
            ask(fallbacks="second", secondBaseUrl=OTHER, secondApiKey="sk-wrong")
    assert caught.value.code == "overloaded"


def test_a_stream_that_broke_after_its_first_words_is_not_begun_anew_elsewhere(sandbox: Sandbox) -> None:
    body = {**HELLO, "stream": True}
    cut = sandbox.base_url_of("stream_cut")
    second = {"fallbacks": "second", "secondBaseUrl": sandbox.base_url, "secondApiKey": "sk-sandbox"}
    with pytest.raises(ApiError) as caught:
        ask(body, baseUrl=cut, model="gpt-sandbox-2", emitPieces=True, **second)
    assert caught.value.code == "cut_off"
    assert len(sandbox.requests) == 1


def test_pieces_come_from_the_one_that_answers(sandbox: Sandbox) -> None:
    second = {"fallbacks": "second", "secondBaseUrl": sandbox.base_url, "secondApiKey": "sk-sandbox"}
    made = emitted(
        {**HELLO, "stream": True}, baseUrl=nowhere(), model="gpt-sandbox-2", emitPieces=True, maxRetries=0, **second
    )
    assert len(made) > 2
    assert made[-1].body["result"]["answered_by"].startswith("gpt-sandbox-2 at 127.0.0.1")


def test_the_rules_of_trying_again_hold_before_a_fallback_is_asked() -> None:
    with FakeApi() as api:
        for _ in range(2):
            api.post(GATEWAY + CHAT, json={"error": REFUSED["server_error"][1]}, status=500)
        api.post(GATEWAY + CHAT, json=completion("Hi"))
        ask(fallbacks="n", maxRetries=1)
        assert models_of(api) == ["m", "m", "n"]


def test_what_a_lost_try_may_cost_is_not_spent_twice_where_the_cost_is_limited(sandbox: Sandbox) -> None:
    dropped = sandbox.base_url_of("drops")
    second = {"fallbacks": "second", "secondBaseUrl": OPENAI, "secondApiKey": "sk", "secondServer": "openai"}
    table = {"model": "gpt-4.1", "server": "openai", "maxCost": "1"}
    with FakeApi() as api, pytest.raises(ApiError) as caught:
        ask(baseUrl=dropped, **table, **second)
    assert (caught.value.code, api.received) == ("dropped", [])


def test_check_tells_which_fallback_would_be_skipped() -> None:
    cfg = {"apiKey": "sk", "model": "gpt-4.1", "fallbacks": "o3", **CALL}
    found = send_request.check(Message(body={**HELLO, "temperature": 0.2}), cfg, None, Context())
    assert found.errors == ()
    assert "the fallback o3 at api.openai.com would be skipped" in found.warnings[-1].message


def test_a_message_that_is_brought_again_goes_on_where_it_was_and_pays_nothing_twice() -> None:
    worker, store = journal(), MemoryValues()
    cfg = {"apiKey": KEY, "baseUrl": GATEWAY, "model": "m", "fallbacks": "n", **CALL}

    def process(*, redelivered: bool) -> dict[str, Any]:
        ctx = Context(message_id="message", journal=brought(worker), open_store=lambda: store, redelivered=redelivered)
        made = send_request.process(Message(body=HELLO), cfg, None, ctx)
        assert isinstance(made, Message)
        body: dict[str, Any] = made.body
        return body

    with FakeApi() as api:
        api.post(GATEWAY + CHAT, json={"error": REFUSED["overloaded"][1]}, status=503)
        api.post(GATEWAY + CHAT, json=completion("Hi"))
        process(redelivered=False)
    with FakeApi():
        again = process(redelivered=True)
    assert again["choices"][0]["message"]["content"] == "Hi"
    assert again["result"]["answered_by"] == "n at gw.example"
    assert again["result"]["warnings"][0].startswith("m at gw.example was not asked again")


@pytest.mark.parametrize(
    ("second", "place"),
    [
        ({"secondBaseUrl": "no address"}, "/secondBaseUrl"),
        ({"secondBaseUrl": OTHER, "secondServer": "nobody"}, "/secondServer"),
    ],
)
def test_a_second_server_that_cannot_be_asked_is_refused_before_it_is_needed(
    second: dict[str, str], place: str
) -> None:
    with pytest.raises(InvalidConfig) as caught:
        ask(fallbacks="second", **second)
    assert place in [fault.pointer for fault in caught.value.faults]


@pytest.mark.parametrize(
    ("fallbacks", "why"), [("second", "names none"), ("second:", "names none"), ("a,b,c,d,e,f", "allowed: 5")]
)
def test_a_setting_that_leads_nowhere_is_refused(fallbacks: str, why: str) -> None:
    with pytest.raises(InvalidConfig, match=why) as caught:
        ask(fallbacks=fallbacks)
    assert caught.value.faults[0].pointer == "/fallbacks"
