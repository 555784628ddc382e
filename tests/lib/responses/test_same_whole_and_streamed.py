"""What a whole answer tells is followed by the same as what a streamed one tells; what is not made yet is no answer."""

from __future__ import annotations

from typing import Any

import pytest

from lib.errors.api_error import ApiError
from tests.support.fake_api import FakeApi
from tests.support.response_events import MESSAGE, TEXT, response, sse
from tests.support.send_request import HELLO, emitted

AT = "https://gw.example/v1"
ASKED = {"baseUrl": AT, "api": "responses", "model": "gpt-5.5"}


def body_of(answer: dict[str, Any], *, streamed: bool) -> dict[str, Any]:
    """Return how an answer comes, whole or in pieces."""
    if not streamed:
        return {"json": answer}
    event = {"type": f"response.{answer['status']}", "response": answer}
    return {"body": sse([event]).decode(), "headers": {"Content-Type": "text/event-stream"}}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("error", [None, {}, {"code": "server_error", "message": "Oops."}])
def test_an_answer_that_failed_at_the_service_is_asked_for_again(error: Any, *, streamed: bool) -> None:
    with FakeApi() as api:
        api.post(f"{AT}/responses", **body_of(response("failed", (), error=error), streamed=streamed))
        api.post(f"{AT}/responses", **body_of(response(output=[MESSAGE]), streamed=streamed))
        found = emitted({**HELLO, "stream": streamed}, **ASKED)[-1].body
    assert found["choices"][0]["message"]["content"] == TEXT
    assert found["result"]["tries"] == 2


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
def test_an_answer_that_was_cancelled_is_not_asked_for_again(*, streamed: bool) -> None:
    with FakeApi() as api:
        api.post(f"{AT}/responses", **body_of(response("cancelled", ()), streamed=streamed))
        with pytest.raises(ApiError) as caught:
            emitted({**HELLO, "stream": streamed}, **ASKED)
    assert caught.value.code == "response_cancelled"
    assert [one.outcome for one in caught.value.tries] == ["response_cancelled"]


@pytest.mark.parametrize("status", ["queued", "in_progress"])
def test_an_answer_that_is_not_made_yet_is_told_by_its_id_and_not_asked_for_again(status: str) -> None:
    with FakeApi() as api:
        sent = api.post(f"{AT}/responses", json=response(status, ()))
        with pytest.raises(ApiError, match="resp_1") as caught:
            emitted(HELLO, **ASKED)
    assert caught.value.code == "response_pending"
    assert "Batch: Collect" in str(caught.value)
    assert len(sent.received) == 1


def test_what_is_asked_for_in_the_background_may_be_pending() -> None:
    with FakeApi() as api:
        api.post(f"{AT}/responses", json=response("queued", ()))
        found = emitted({**HELLO, "background": True}, **ASKED)[-1].body
    assert (found["id"], found["result"]["outcome"]) == ("resp_1", "pending")


def test_a_text_whose_response_is_still_being_made_counts_as_cut_off() -> None:
    with FakeApi() as api:
        api.post(f"{AT}/responses", json=response("in_progress", [MESSAGE]))
        found = emitted(HELLO, **ASKED)[-1].body
    assert found["choices"][0]["message"]["content"] == TEXT
    assert found["result"]["outcome"] == "truncated"
    assert any("still making the answer" in warning for warning in found["result"]["warnings"])
