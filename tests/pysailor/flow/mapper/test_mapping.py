"""A mapper makes the body of a step: literals as they stand, expressions evaluated, what is not found left out."""

from __future__ import annotations

from typing import Any

import pytest

from pysailor.flow.document import FlowStep, InvalidFlow, parse_flow
from pysailor.flow.mapper import MapContext, MappingFailed, compile_mapping

FLOW = "flow: 1\nname: x\ncomponents: {c: {path: .}}\nsteps:\n  a: {run: 'c:f'}\n  b:\n    run: c:f\n    after: a\n"


def step(mapping: str) -> FlowStep:
    return parse_flow(f"{FLOW}    {mapping}\n", "f").step("b")


def mapped(mapping: str, body: Any) -> Any:
    compiled = compile_mapping(step(mapping))
    assert compiled is not None
    return compiled.map(body, MapContext())


def test_members_literals_and_what_is_missing() -> None:
    mapping = "map: {a: x, b: {c: y, d: gone}, n: nul}\n    set: {t: x}"

    assert mapped(mapping, {"x": 1, "y": "2", "nul": None}) == {"t": "x", "a": 1, "b": {"c": "2"}, "n": None}


def test_one_expression_makes_the_whole_body() -> None:
    assert mapped("map: '{\"all\": $}'", {"x": 1}) == {"all": {"x": 1}}
    with pytest.raises(MappingFailed, match="the whole body found nothing") as caught:
        mapped("map: gone", {})
    assert caught.value.stage == "mapper:a:b"


def test_a_failure_names_the_mapper_and_the_place() -> None:
    with pytest.raises(MappingFailed) as caught:
        mapped("map: {a: x + 1}", {"x": "7"})

    assert caught.value.stage == "mapper:a:b"
    assert caught.value.to_json()["jsonata"] == "T2001"
    assert str(caught.value).startswith("f:9:14: what stands before + is not a number")


def test_a_step_without_map_and_set_has_no_mapper() -> None:
    assert compile_mapping(step("fields: {}")) is None


def test_all_faulty_expressions_are_told() -> None:
    with pytest.raises(InvalidFlow) as caught:
        compile_mapping(step("map: {a: x +, b: {c: $foo()}, d: fine}"))

    assert [finding.path for finding in caught.value.findings] == ["steps.b.map.a", "steps.b.map.b.c"]
