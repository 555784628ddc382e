"""Each rule of preflight, with a request that breaks it and one that keeps it."""

from __future__ import annotations

import pytest

from lib.completions.preflight.rules import media, messages, model, options, reasoning, schemas, strict_schema, tools
from tests.support import rule_cases
from tests.support.preflight import Case, breaches_of, rules_kept

ROOMS = {
    "media": (rule_cases.media.CASES, media.RULES),
    "messages": (rule_cases.messages.CASES, messages.RULES),
    "model": (rule_cases.model.CASES, model.RULES),
    "options": (rule_cases.options.CASES, options.RULES),
    "reasoning": (rule_cases.reasoning.CASES, reasoning.RULES),
    "schemas": (rule_cases.schemas.CASES, (*schemas.RULES, *strict_schema.RULES)),
    "tools": (rule_cases.tools.CASES, tools.RULES),
}
CASES = [case for cases, _ in ROOMS.values() for case in cases]


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_breach_is_found_where_it_is(rule: str, case: Case) -> None:
    assert (case.pointer, case.certain) in breaches_of(rule, case)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_request_that_keeps_the_rule_is_let_through(rule: str, case: Case) -> None:
    assert rule not in rules_kept(case)


@pytest.mark.parametrize("room", ROOMS)
def test_every_rule_has_a_case(room: str) -> None:
    cases, rules = ROOMS[room]
    assert {name for name, _ in cases} == {rule.name for rule in rules}
