"""Fallbacks that are not asked: what may be billed already, what one server alone knows."""

from __future__ import annotations

from typing import Any

import pytest

from lib.actions import send_request
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY
from pysailor import Context, Message, StoreUnavailable
from pysailor.errors import InvalidConfig
from pysailor.store.memory import MemoryValues
from tests.support.fake_api import FakeApi
from tests.support.journaled import brought, journal
from tests.support.send_request import HELLO, completion, emitted

GATEWAY, OTHER = "https://gw.example/v1", "https://api.openai.com/v1"
BUSY = {"error": {"message": "Overloaded", "code": "server_is_overloaded"}}
SECOND = {"secondBaseUrl": OTHER, "secondApiKey": "-"}


def ask(body: Any = HELLO, **cfg: Any) -> dict[str, Any]:
    told: dict[str, Any] = emitted(body, **{"maxRetries": 0, "baseUrl": GATEWAY, "model": "m", **cfg})[-1].body
    return told


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"background": True}, "would not find what is made in the background there"),
        ({"previous_response_id": "resp_1"}, "what previous_response_id names is known to the first server only"),
        ({"conversation": "conv_1"}, "what conversation names is known to the first server only"),
    ],
)
def test_what_the_first_server_keeps_is_not_asked_for_at_the_second(field: dict[str, Any], why: str) -> None:
    with FakeApi() as api:
        api.post(f"{GATEWAY}/responses", json=BUSY, status=503)
        with pytest.raises(ApiError, match=why) as caught:
            ask({**HELLO, **field}, api="responses", fallbacks="second", **SECOND)
        assert {one.url.split("/v1")[0] for one in api.received} == {"https://gw.example"}
    assert caught.value.code == "overloaded"


def test_another_model_of_the_same_server_may_go_on_with_what_it_keeps() -> None:
    with FakeApi() as api:
        api.post(f"{GATEWAY}/responses", json=BUSY, status=503)
        api.post(
            f"{GATEWAY}/responses",
            json={"id": "resp_2", "status": "queued", "output": [], "model": "n"},
        )
        told = ask({**HELLO, "background": True}, api="responses", fallbacks="second, n", **SECOND)["result"]
    assert (told["answered_by"], told["outcome"]) == ("n at gw.example", "pending")
    assert "was not asked" in told["warnings"][1]


def test_an_answer_that_broke_off_at_a_fallback_is_not_asked_for_at_the_next() -> None:
    with FakeApi() as api:
        api.post(f"{GATEWAY}/chat/completions", json=BUSY, status=503)
        api.post(f"{GATEWAY}/chat/completions", body=b"", headers={"Content-Type": "text/event-stream"})
        with pytest.raises(ApiError, match="did not answer") as caught:
            ask({**HELLO, "stream": True}, fallbacks="n, o", apiKey=KEY)
    assert caught.value.code == "cut_off"
    assert [one.outcome for one in caught.value.tries] == ["overloaded", "cut_off"]


def test_an_answer_goes_to_the_second_server_where_nothing_binds_it() -> None:
    with FakeApi() as api:
        api.post(f"{GATEWAY}/chat/completions", json=BUSY, status=503)
        api.post(f"{OTHER}/chat/completions", json=completion("Hi"))
        assert ask({**HELLO, "background": False}, fallbacks="second", **SECOND)["result"]["outcome"] == "complete"


class AwayStore(MemoryValues):
    """A store that cannot be reached."""

    def get(self, key: str) -> bytes | None:
        """Fail."""
        raise StoreUnavailable(f"{key} cannot be read now.")

    def put(self, key: str, value: bytes, seconds: float) -> None:
        """Fail."""
        raise StoreUnavailable(f"{key} ({len(value)} bytes for {seconds} s) cannot be written now.")


def test_a_fallback_is_asked_also_while_the_store_is_away() -> None:
    ctx = Context(message_id="message", journal=brought(journal()), open_store=AwayStore, redelivered=True)
    with FakeApi() as api:
        api.post(f"{GATEWAY}/chat/completions", json=BUSY, status=503)
        api.post(f"{GATEWAY}/chat/completions", json=completion("Hi"))
        cfg = {"apiKey": KEY, "baseUrl": GATEWAY, "model": "m", "fallbacks": "n", "timeout": 60, "maxRetries": 0}
        made = send_request.process(Message(body=HELLO), {**cfg, "repairs": 0}, None, ctx)
        assert isinstance(made, Message)
    assert made.body["result"]["answered_by"] == "n at gw.example"


def test_nobody_is_asked_twice() -> None:
    with FakeApi() as api:
        api.post(f"{GATEWAY}/chat/completions", json=BUSY, status=503)
        with pytest.raises(ApiError, match="No fallback answered: n at"):
            ask(fallbacks="m, n, n, m")
        assert len(api.received) == 2


def test_a_second_server_without_a_key_is_refused_before_it_is_needed() -> None:
    with FakeApi(), pytest.raises(InvalidConfig, match=r"or - if it needs none") as caught:
        ask(fallbacks="second", secondBaseUrl=OTHER)
    assert caught.value.faults[0].pointer == "/secondApiKey"
