"""What the API takes is accepted, and what the mapper builds becomes it."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings

from tests.support.request_schemas import (
    FUNCTION,
    REQUEST,
    VALID,
    golden,
    ours,
    showing,
    spoiled,
    the_api_allows,
    we_allow,
)


@pytest.mark.parametrize("body", VALID.values(), ids=VALID)
def test_what_the_api_takes_is_accepted(body: dict[str, Any]) -> None:
    assert the_api_allows(body)
    assert we_allow(body), ours(REQUEST).faults(body)


def test_the_examples_use_every_field() -> None:
    used = {field for body in VALID.values() for field in body}
    assert set(golden("request.forward.json")["properties"]) <= used


def test_what_the_mapper_builds_becomes_what_the_api_takes() -> None:
    built = {
        "messages": {"role": "user", "content": {"type": "text", "text": "Hello"}},
        "temperature": "0.5",
        "n": "2",
        "stream": "true",
        "stop": {"first": "END", "second": "STOP"},
        "functions": {"name": "f", "description": "", "parameters": {}},
        "tools": FUNCTION,
        "logit_bias": {"50256": "-100"},
        "modalities": {"0": "text"},
    }
    assert ours(REQUEST).fit(built) == (
        {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
            "temperature": 0.5,
            "n": 2,
            "stream": True,
            "stop": ["END", "STOP"],
            "functions": [{"name": "f", "description": "", "parameters": {}}],
            "tools": [FUNCTION],
            "logit_bias": {"50256": -100},
            "modalities": ["text"],
        },
        [],
    )


def test_a_mistyped_member_is_noticed_at_any_depth() -> None:
    body = showing({"type": "image_url", "image_url": {"url": "x", "details": "low"}})
    body["temprature"] = 1
    told = {fault.pointer: fault.message for fault in ours(REQUEST).find_unknown(body)}
    assert "did you mean temperature?" in told["/temprature"]
    assert "did you mean detail?" in told["/messages/0/content/0/image_url/details"]


@settings(max_examples=60, deadline=None)
@given(spoiled(list(VALID.values())))
def test_what_is_accepted_the_api_takes_too(body: Any) -> None:
    if we_allow(body):
        assert the_api_allows(body)


@settings(max_examples=60, deadline=None)
@given(spoiled(list(VALID.values())))
def test_mending_leaves_a_good_request_alone_and_a_mended_one_is_good_or_told(body: Any) -> None:
    before = deepcopy(body)
    mended, faults = ours(REQUEST).fit(body)
    assert body == before
    assert ours(REQUEST).accepts(mended) is (faults == [])
