"""A flow of the platform becomes a flow file and comes back as it was, in each of the platform's forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysailor.flow.document import parse_flow
from pysailor.flow.platform import export_flow, import_flow

GOLDEN = Path(__file__).parents[3] / "golden" / "platform-flows"
FORMS = {"api": "api", "router": "api", "hydrated": "hydrated", "recipe": "recipe"}


@pytest.mark.parametrize(("name", "dialect"), FORMS.items())
def test_a_document_comes_back_as_it_was(name: str, dialect: str) -> None:
    text = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    written, _ = import_flow(text)
    exported, _ = export_flow(parse_flow(written), dialect)
    assert exported == json.loads(text)


def test_a_recipe_of_the_older_form_becomes_one_of_the_newer() -> None:
    written, _ = import_flow((GOLDEN / "recipe-2019.json").read_text(encoding="utf-8"))
    exported, _ = export_flow(parse_flow(written), "recipe")
    attributes = exported["data"]["attributes"]
    assert attributes["declarations"]["variables"] == [{"id": "cc", "title": "Whom to copy"}]
    assert attributes["flow_templates"][0]["cron"] == "*/3 * * * *"
    assert attributes["info"]["help_text"] == "None needed"


def test_one_form_becomes_another() -> None:
    written, _ = import_flow((GOLDEN / "hydrated.json").read_text(encoding="utf-8"))
    exported, _ = export_flow(parse_flow(written), "api")
    nodes = {node["id"]: node for node in exported["data"]["attributes"]["graph"]["nodes"]}
    assert nodes["step_1"] == {"id": "step_1", "command": "elasticio/simple-trigger-component:timer@9505be"}
    assert nodes["step_3"]["credentials_id"] == "615"
    assert nodes["step_10"]["secret_id"] == "61"


TEXTS = st.text(max_size=30)
LITERALS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
LEAVES = st.one_of(
    LITERALS.map(lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))),
    st.sampled_from(["name", "1e3", "yes", "010", "a: b", "- x", "'it'", "$x #c", "12:30", " a\nb", "=", "null "]),
    TEXTS,
)
KEYS = st.text(min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    mapper=st.dictionaries(KEYS, LEAVES, min_size=1, max_size=5),
    fields=st.dictionaries(KEYS, LITERALS, min_size=1, max_size=4),
    condition=st.none() | LEAVES,
    name=st.text(min_size=1, max_size=40),
)
def test_whatever_texts_a_flow_holds_come_back(
    mapper: dict[str, str], fields: dict[str, Any], condition: str | None, name: str
) -> None:
    document = {
        "data": {
            "type": "flow",
            "attributes": {
                "name": name,
                "type": "ordinary",
                "default_mapper_type": "jsonata",
                "graph": {
                    "nodes": [
                        {"id": "router", "command": "elasticio/router:route@latest"},
                        {"id": "next", "command": "elasticio/code:execute@latest", "fields": fields},
                    ],
                    "edges": [
                        {
                            "source": "router",
                            "target": "next",
                            "config": {"mapper_type": "jsonata", "mapper": mapper, "condition": condition},
                        }
                    ],
                },
                "nodes_config": {},
            },
            "relationships": {"workspace": {"data": {"type": "workspace", "id": "1"}}},
        }
    }
    written, _ = import_flow(json.dumps(document))
    assert export_flow(parse_flow(written), "api")[0] == document
