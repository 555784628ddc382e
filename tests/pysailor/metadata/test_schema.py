"""Schemas in the mapper's dialect."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings

from pysailor.errors import BrokenComponent
from pysailor.metadata import Schema
from tests.support.schemas import CHAT, JSON

if TYPE_CHECKING:
    from pathlib import Path


def test_a_document_that_is_no_schema_is_a_broken_component() -> None:
    with pytest.raises(BrokenComponent, match="not a JSON Schema"):
        Schema({"type": "objekt"})


@settings(max_examples=200, deadline=None)
@given(JSON)
def test_any_value_is_accepted_or_has_faults_and_both_validators_agree(body: Any) -> None:
    fitted, faults = CHAT.fit(body)
    assert CHAT.accepts(fitted) is (faults == [])


def test_a_schema_never_makes_the_process_ask_elsewhere() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/schema.json"
        with pytest.raises(BrokenComponent):
            Schema({"type": "object", "properties": {"a": {"$ref": address}}})
        Schema({"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}).faults(1)
        listener.settimeout(0.1)
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_file_is_compiled_once_for_all_as_long_as_it_stays_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "in.json"
    file.write_text('{"type": "object"}', encoding="utf-8")
    first = Schema.load(file)
    assert Schema.load(file) is first
    assert Schema.load(file, is_tolerant=True) is not first
    file.write_text('{"type": "string"}', encoding="utf-8")
    assert Schema.load(file).accepts("text")
