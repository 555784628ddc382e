"""Members that nobody declared are found."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given, settings

from pysailor.metadata import Schema
from tests.support.schemas import CHAT, NAMED


@settings(max_examples=100, deadline=None)
@given(NAMED)
def test_the_quick_look_for_undeclared_members_finds_what_the_walk_finds(body: Any) -> None:
    assert CHAT.find_undeclared(body) == {
        re.sub(r"/\d+(?=/)", "/*", fault.pointer) for fault in CHAT.find_unknown(body)
    }


def test_what_is_undeclared_in_every_item_of_a_list_is_one_place() -> None:
    listed = Schema({"properties": {"tokens": {"type": "array", "items": {"properties": {"word": {}}}}}})
    body = {"tokens": [{"word": "a", "new": number} for number in range(3000)]}
    assert listed.find_undeclared(body) == {"/tokens/*/new"}
    assert [fault.pointer for fault in listed.find_unknown(body)][:2] == ["/tokens/0/new", "/tokens/1/new"]


def test_undeclared_members_of_a_schema_that_refers_to_itself_are_found() -> None:
    node = {"$ref": "#/definitions/node"}
    tree = Schema({**node, "definitions": {"node": {"properties": {"below": {"items": node}}}}})
    assert tree.find_undeclared({"below": [{"below": [{}]}]}) == set()
    assert tree.find_undeclared({"below": [{"below": [{"above": 1}]}]}) == {"/below/*/below/*/above"}
