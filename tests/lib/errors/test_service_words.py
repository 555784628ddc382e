"""A service's words are found in any shape, and are never Python's own way to write a value."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors.service_words import is_error, read, words

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("abc", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "content",
    [
        "No.",
        ["No."],
        {"error": "No."},
        {"error": ["No."]},
        {"error": {"message": "No."}},
        {"error": {"message": {"detail": "No."}}},
        {"error": '{"message": "No."}'},
        {"errors": [{"message": "No."}]},
        {"errors": ["No."]},
        {"Error": {"Message": "No."}},
        [{"error": {"message": "No."}}],
        {"detail": "No."},
        {"detail": [{"loc": ["body", "n"], "msg": "No."}]},
        {"msg": "No."},
        {"title": "Bad Request", "detail": "No."},
        {"error_description": "No.", "error": "invalid_request"},
        {"error_message": "No."},
        {"errorMessage": "No."},
        {"fault": {"faultstring": "No."}},
        {"base_resp": {"status_code": 1, "status_msg": "No."}},
        {"error": {"code": "x", "message": "", "details": "No."}},
        {"success": False, "message": "No."},
    ],
    ids=json.dumps,
)
def test_the_words_are_found_in_json_of_any_shape(content: Any) -> None:
    assert read(json.dumps(content).encode()).text == "No."


@pytest.mark.parametrize(
    "content",
    [
        b"No.",
        b"\xef\xbb\xbf No.\r\n",
        b"<html><head><title>No.</title></head><body>long</body></html>",
        b"<!DOCTYPE html><body><h1>No.</h1><p>x</p></body>",
        b"<html><head><style>p {}</style></head><body><p>No.</p></body></html>",
        b"<Error><Code>Denied</Code><Message>No.</Message></Error>",
        b"<s:Envelope xmlns:s='x'><s:Fault><faultstring>No.</faultstring></s:Fault></s:Envelope>",
        b'event: error\ndata: {"error": {"message": "No."}}\n\n',
        b"data: No.\n\n",
    ],
)
def test_the_words_are_found_in_what_is_not_json(content: bytes) -> None:
    assert read(content).text == "No."


def test_the_words_of_the_server_behind_a_gateway_are_told_too() -> None:
    raw = json.dumps({"error": {"message": "prompt is too long", "type": "invalid_request_error"}})
    said = read(json.dumps({"error": {"message": "Provider returned error", "metadata": {"raw": raw}}}).encode())
    assert said.text == "Provider returned error: prompt is too long"
    assert "invalid_request_error" in said.codes


def test_the_field_is_named_also_where_it_is_told_as_steps() -> None:
    assert read(b'{"detail": [{"loc": ["body", "messages", 0, "role"], "msg": "x"}]}').param == "messages.0.role"
    assert read(b'{"error": {"message": "x", "param": "stop"}}').param == "stop"


def test_a_body_that_repeats_the_whole_request_is_read_too() -> None:
    detail = [{"input": "x" * 500_000, "loc": ["body", "n"], "msg": "Input should be less than 9", "type": "less_than"}]
    said = read(json.dumps({"detail": detail}).encode())
    assert (said.text, said.param) == ("Input should be less than 9", "n")


def test_a_status_in_the_body_is_found_where_servers_put_it() -> None:
    for content in ({"code": 429}, {"status": "429"}, {"error": {"code": 429}}, {"error": {"statusCode": 429}}):
        assert read(json.dumps(content).encode()).status == 429


@pytest.mark.parametrize(
    ("document", "refuses"),
    [
        ({"error": {"message": "No."}}, True),
        ({"message": "slow", "code": 429}, True),
        ({"type": "error", "error": {}}, True),
        ({"detail": "No."}, True),
        ("No.", True),
        ([{"error": {"code": 429}}], True),
        ({"choices": [{}], "message": "ok"}, False),
        ({"data": [{"id": "m"}], "message": "ok"}, False),
        ({"choices": [{}], "error": None}, False),
        ({"object": "list", "data": []}, False),
        ({}, False),
        ([{"id": "m"}], False),
    ],
)
def test_a_refusal_with_a_good_status_is_seen(document: Any, *, refuses: bool) -> None:
    assert is_error(document) is refuses


@given(value=JSON)
def test_no_value_is_written_as_python_writes_it(value: Any) -> None:
    said = words({"message": {"unforeseen": value}}) + read(json.dumps({"error": {"x": value}}).encode()).text
    assert not any(word in said for word in ("': ", "None", "True", "False"))


@given(st.dictionaries(st.sampled_from(["id", "object", "choices", "usage", "metadata"]), JSON | st.just("error")))
def test_what_has_the_members_of_an_answer_alone_is_judged_as_with_any_other(document: dict[str, Any]) -> None:
    assert is_error(document) is is_error({**document, "other": None})
