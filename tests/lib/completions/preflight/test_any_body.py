"""No body makes a rule raise, and no rule finds what is not there."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.completions.preflight import RULES, adapt, check
from lib.completions.preflight.facts.schemas import StrictSchema
from lib.completions.preflight.facts.toolbox import Toolbox
from lib.completions.preflight.facts.transcript import Transcript
from lib.completions.preflight.rule import RequestFacts
from lib.completions.request import check as check_request
from lib.endpoint import BuiltRequest
from tests.support.preflight import (
    MODELS,
    NOW,
    REFUSED,
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
WORDS = [
    *("role", "content", "tool_calls", "tool_call_id", "id", "type", "function", "custom", "name", "arguments"),
    *("strict", "schema", "properties", "required", "$ref", "anyOf", "items", "enum", "json_schema", "allowed_tools"),
    *("tools", "text", "file", "image_url", "audio", "expires_at", "ttl", "format", "object"),
]
words = st.sampled_from(WORDS)
values = st.recursive(
    scalars | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words | st.text(max_size=4), inner, max_size=5),
    max_leaves=25,
)
roles = st.sampled_from(["user", "assistant", "tool", "system", 7])
messages = st.lists(values | st.fixed_dictionaries({"role": roles}, optional={"content": values, "tool_calls": values}))
FIELDS = [
    *("messages", "tools", "functions", "tool_choice", "function_call", "response_format", "logit_bias", "metadata"),
    *("audio", "modalities", "n", "seed", "max_tokens", "reasoning_effort", "service_tier", "prompt_cache_options"),
    *("temperature", "prompt_cache_retention", "user", "stream", "prediction", "model"),
]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), values, max_size=8),
    messages,
    st.sampled_from(["gpt-5.5", "gpt-4o", "gpt-6-astra", "gpt-5-search-api", "ft:gpt-4o:x::y", "none"]),
    st.booleans(),
)
def test_no_body_makes_it_raise(body: dict[str, Any], said: list[Any], model: str, public: bool) -> None:
    for whole in (body, {**body, "messages": said}):
        findings = check(whole, family=MODELS.find(model), public_api=public, now=NOW, refusals=(REFUSED,))
        assert all(one.message and one.fix for one in findings)
        adapt(whole, MODELS.find(model))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(FIELDS), values.filter(lambda value: value is not None), max_size=8),
    messages,
    st.sampled_from(["gpt-5.5", "gpt-4o", "gpt-5-search-api", "none"]),
    st.booleans(),
)
def test_a_rule_finds_nothing_where_all_that_it_is_about_is_absent(
    body: dict[str, Any], said: list[Any], model: str, public: bool
) -> None:
    toolbox = Toolbox.of(body)
    strict_schemas = StrictSchema.all_of(body, toolbox)
    facts = RequestFacts(body, Transcript.of(said), toolbox, strict_schemas, MODELS.find(model), public, now=NOW)
    for rule in RULES:
        if rule.about and not set(rule.about).intersection(facts.members()):
            assert rule.check(facts) == []


MANY = 20_000
CROWDS: dict[str, dict[str, Any]] = {
    "tool messages without a call": {"messages": [{"role": "tool", "tool_call_id": "c", "content": "x"}] * MANY},
    "fields that nobody knows": {"messages": [], **{f"temprature{number}": 1 for number in range(MANY)}},
    "a field with a long name": {"messages": [], "x" * 5_000_000: 1},
    "recordings": {"messages": [{"role": "user", "content": [{"type": "file", "file": {}}] * MANY}]},
}


@pytest.mark.parametrize("name", CROWDS)
@pytest.mark.parametrize("public_api", [True, False])
def test_of_any_number_of_breaches_the_first_are_told_in_a_moment(name: str, public_api: bool) -> None:
    start = time.process_time()
    request = BuiltRequest({"model": "m", **CROWDS[name]}, None, ())
    found = check_request(request, public_api=public_api)
    assert time.process_time() - start < 20
    assert len(found.errors) + len(found.warnings) <= 101
    assert sum(len(str(fault)) for fault in (*found.errors, *found.warnings)) < 100_000
