"""Whether the schemas in a request are JSON Schema at all: an answer that nothing can check is not worth paying for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...json_schema import BadSchema, compile_schema, is_of_any_edition
from ..facts.schemas import CARRIERS, find_schemas, walk
from ..rule import Basis, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..rule import Breach, RequestFacts


def _not_a_schema(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, schema, error in _unusable(facts):
        if not is_of_any_edition(schema):
            yield (
                pointer + error.pointer,
                f"is not a JSON Schema: {error}",
                "correct it; no answer could be checked by it",
            )


def _schema_of_no_use(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, schema, error in _unusable(facts):
        if is_of_any_edition(schema):
            problem = f"no answer can be checked by this schema: {error}"
            yield pointer + error.pointer, problem, "correct it, or take the answer as it comes"


def _choice_of_nothing(facts: RequestFacts) -> Iterator[Breach]:
    for root, schema, _ in find_schemas(facts.body, facts.toolbox):
        for pointer, inner, _ in walk(root, schema):
            if inner.get("enum") == []:
                yield (
                    f"{pointer}/enum",
                    "an enum without values, which nothing can fit",
                    "list the values, or remove it",
                )


def _unusable(facts: RequestFacts) -> Iterator[tuple[str, dict[str, Any], BadSchema]]:
    for pointer, schema, _ in find_schemas(facts.body, facts.toolbox):
        try:
            compile_schema(schema)
        except BadSchema as error:
            yield pointer, schema, error


RULES = (
    Rule(
        "not_a_schema", _not_a_schema, "JSON Schema, in its editions of 2020-12, 7 and 4", Basis.LOGIC, about=CARRIERS
    ),
    Rule("choice_of_nothing", _choice_of_nothing, "JSON Schema: enum", Basis.LOGIC, about=CARRIERS),
    Rule("schema_of_no_use", _schema_of_no_use, "the check of the answer here", Basis.HEURISTIC, about=CARRIERS),
)
