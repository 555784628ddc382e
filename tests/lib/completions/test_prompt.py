"""Variables become text in the prompt, and a placeholder without one is a fault."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.prompt import fill
from pysailor import InvalidInput


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Ann", "Ann"),
        ("", ""),
        (None, ""),
        (7, "7"),
        (0.5, "0.5"),
        (True, "true"),
        (
            {"id": 7, "paid": True, "note": None, "name": "Zo\u00eb"},
            '{"id": 7, "paid": true, "note": null, "name": "Zo\u00eb"}',
        ),
        (["a", 1], '["a", 1]'),
        ("{{other}}", "{{other}}"),
    ],
)
def test_a_variable_enters_the_prompt_as_text(value: Any, text: str) -> None:
    assert fill("<{{ x }}>", {"x": value, "other": "no"}) == f"<{text}>"


@pytest.mark.parametrize(
    ("name", "text"), [("order.id", "7"), ("order.lines.0.name", "Rose"), ("a.b", "dotted"), ("first name", "Ann")]
)
def test_a_name_with_dots_leads_into_a_value(name: str, text: str) -> None:
    variables = {"order": {"id": 7, "lines": [{"name": "Rose"}]}, "a.b": "dotted", "first name": "Ann"}
    assert fill(f"{{{{{name}}}}}", variables) == text


@pytest.mark.parametrize("variables", [{}, {"name": "Ann"}, {"order": {"id": 7}}, {"order": [1]}])
@pytest.mark.parametrize("name", ["nmae", "order.nr", "order.9", "first nmae", "$.order", "order[0]", "_x"])
def test_a_placeholder_without_a_variable_is_a_fault_of_the_prompt(name: str, variables: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="has no variable") as caught:
        fill(f"Greet {{{{{name}}}}}.", variables)
    assert [fault.pointer for fault in caught.value.faults] == ["/prompt"]


def test_a_backslash_sends_a_placeholder_as_it_is_written() -> None:
    assert fill(r"What does \{{x}} mean in Jinja, {{name}}?", {"name": "Ann"}) == "What does {{x}} mean in Jinja, Ann?"


@pytest.mark.parametrize("prompt", ["{{}}", "{{ user | upper }}", '{"a": {"b": {"c": 1}}}', "{x}", "{{a\nb}}"])
def test_other_braces_are_just_text(prompt: str) -> None:
    assert fill(prompt, {"x": "1"}) == prompt
