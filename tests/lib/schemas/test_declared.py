"""What the step's schemas declare, against the API's own as OpenAI publishes them."""

from __future__ import annotations

import jsonschema
import pytest

from tests.support.request_schemas import (
    COMPLETION,
    REQUEST,
    SAY_HELLO,
    golden,
    keywords,
    names,
    ours,
    responses,
    shown,
    we_allow,
)


@pytest.mark.parametrize("name", [REQUEST, COMPLETION])
def test_both_files_are_json_schemas(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(ours(name).standard)


OF_RESPONSES = (
    *("reasoning", "max_tool_calls", "previous_response_id", "conversation", "background", "background_options"),
    *("truncation", "include", "context_management", "prompt"),
)

OURS = ("budgetKey",)  # is not sent


def test_the_37_fields_of_chat_are_declared_and_of_responses_those_that_chat_has_no_other_name_for() -> None:
    declared = set(ours(REQUEST).document["properties"])
    chat = set(golden("request.forward.json")["properties"])
    assert len(chat) == 37
    assert declared == chat | set(OF_RESPONSES) | set(OURS)
    assert set(OF_RESPONSES) <= set(responses("request.closed.json")["properties"])


@pytest.mark.parametrize(
    ("name", "published"),
    [(REQUEST, "request.forward.json"), (COMPLETION, "response.json")],
)
def test_every_member_that_the_api_names_is_shown_in_the_mapper(name: str, published: str) -> None:
    document = ours(name).document
    declared = {place for place, _ in shown(document, document)}
    assert set(names(golden(published), golden(published))) - declared == set()


def test_of_chat_nothing_is_declared_that_the_api_does_not_know_but_the_address_of_a_file_and_carried_items() -> None:
    document, published = ours(REQUEST).document, golden("request.forward.json")
    added = {place for place, _ in shown(document, document)} - set(names(published, published))
    of_a_free_object = {place for place in added if place.startswith("/tool_choice/allowed_tools/tools/*/")}
    of_responses = {f"/{name}" for name in (*OF_RESPONSES, *OURS)}
    assert added - of_a_free_object - of_responses == {
        "/messages/*/content/*/file/file_url",
        "/messages/*/response_items",
    }


@pytest.mark.parametrize("name", [REQUEST, COMPLETION])
def test_every_property_has_a_title_and_a_help_that_is_a_sentence(name: str) -> None:
    document = ours(name).document
    for place, member in shown(document, document):
        assert member.get("title"), place
        assert member.get("help", {}).get("description", "").endswith((".", "…")), place


def test_messages_alone_are_required() -> None:
    assert ours(REQUEST).standard["required"] == ["messages"]
    assert we_allow({"messages": SAY_HELLO})


def test_the_request_asks_for_nothing_that_is_not_checked_and_knows_no_null() -> None:
    found = list(keywords(ours(REQUEST).document))
    assert not [value for key, value in found if key == "format" and isinstance(value, str)]
    assert not [value for key, value in found if key == "type" and value not in ({}, True) and "null" in value]
