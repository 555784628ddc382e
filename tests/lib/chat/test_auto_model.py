"""A chat whose model is "auto" asks the least expensive that lasts, of those that its key may use."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from lib.api.cancel import Cancel
from lib.api.connection import PUBLIC_API, Connection
from lib.chat.backend import ApiBackend
from pysailor import InvalidConfig
from tests.support.fake_api import FakeApi

BODY = {"model": "auto", "messages": [{"role": "user", "content": "Hi"}]}
ANSWER = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}


def test_each_key_gets_its_own_choice_and_is_asked_for_it_once() -> None:
    with FakeApi() as api, closing(ApiBackend()) as backend:
        listing = api.answer("GET", f"{PUBLIC_API}/models", json={"data": [{"id": "gpt-4o"}, {"id": "gpt-5.4-mini"}]})
        asked = api.post(f"{PUBLIC_API}/chat/completions", json=ANSWER)
        for key in ("k1", "k1", "k2"):
            assert backend.ask(Connection(PUBLIC_API, key), BODY, 30, print, Cancel()).text == "Hi"
    assert [json.loads(each.body)["model"] for each in asked.received] == ["gpt-5.4-mini"] * 3
    assert len(listing.received) == 2


def test_a_key_that_may_use_no_model_of_the_table_is_told_to_the_operator() -> None:
    with FakeApi() as api, closing(ApiBackend()) as backend:
        api.answer("GET", f"{PUBLIC_API}/models", json={"data": [{"id": "llama3"}]})
        with pytest.raises(InvalidConfig, match="choose a model"):
            backend.ask(Connection(PUBLIC_API, "k"), BODY, 30, print, Cancel())
