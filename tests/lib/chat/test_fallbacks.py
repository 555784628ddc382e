"""A chat whose model cannot answer asks the next one."""

from __future__ import annotations

import json

import pytest

from lib.api.cancel import Cancel
from lib.api.connection import Connection
from lib.chat.answer_settings import AnswerSettings
from lib.chat.backend import ApiBackend
from lib.errors.api_error import ApiError
from tests.support.fake_api import FakeApi
from tests.support.send_request import completion

GATEWAY = "https://gw.example/v1"
ADDRESS = f"{GATEWAY}/chat/completions"
GONE = {"error": {"message": "The model `m` does not exist", "code": "model_not_found"}}
BODY = {"model": "m", "messages": [{"role": "user", "content": "Hello"}]}


def ask(*fallbacks: str) -> str:
    backend = ApiBackend()
    try:
        return backend.ask(
            Connection(GATEWAY, "key"), BODY, 10, lambda _: None, Cancel(), AnswerSettings(fallbacks)
        ).text
    finally:
        backend.close()


def test_the_next_model_answers_where_the_first_is_gone() -> None:
    with FakeApi() as api:
        api.post(ADDRESS, json=GONE, status=404)
        api.post(ADDRESS, json=completion("Hi"))
        assert ask("n") == "Hi"
        assert [json.loads(one.body)["model"] for one in api.received] == ["m", "n"]


def test_without_fallbacks_the_error_is_the_service_s() -> None:
    with FakeApi() as api:
        api.post(ADDRESS, json=GONE, status=404)
        with pytest.raises(ApiError) as caught:
            ask()
    assert caught.value.code == "model_not_found"
