"""What servers refused before is remembered, and nothing that a user wrote."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import pytest

from lib.completions.preflight import KnownRejection, PastRefusals, learn, names_responses
from tests.support.preflight import (
    HELLO,
    REFUSED,
)


def taught(body: dict[str, Any], **answer: Any) -> KnownRejection | None:
    error = {"status": 400, "code": None, "param": None, "message": "no", **answer}
    return learn("https://Here.example/v1/", {"model": "m", **body}, today="2026-11-20", **error)


def test_an_unsupported_parameter_is_remembered_for_server_and_model() -> None:
    fact = taught({"top_p": 0.5}, code="unsupported_parameter", param="top_p")
    assert fact is not None
    learned = PastRefusals().add(fact)
    assert learned.about("https://here.example/v1", "m") == (fact,)
    assert learned.about("https://here.example/v1", "other") == ()
    assert fact.speaks_of({"top_p": 0.9})


def test_an_unsupported_value_says_nothing_about_other_values() -> None:
    fact = taught({"temperature": 0.2}, code="unsupported_value", param="temperature")
    assert fact is not None
    assert fact.speaks_of({"temperature": 0.2})
    assert not fact.speaks_of({"temperature": 1})


def test_a_field_named_only_in_the_text_is_learned() -> None:
    fact = taught({"reasoning_effort": "low"}, message="Unrecognized request argument supplied: reasoning_effort")
    assert fact is not None
    assert fact.field == "reasoning_effort"


@pytest.mark.parametrize(
    "answer",
    [
        {"code": "unsupported_parameter", "param": "top_p", "status": 429},
        {"code": "unsupported_parameter", "param": "stop"},
        {"code": "unsupported_parameter"},
        {"code": "invalid_value", "param": "top_p"},
        {"code": "unsupported_value", "param": "messages.[0].role"},
    ],
)
def test_an_answer_that_tells_nothing_about_a_field_teaches_nothing(answer: dict[str, Any]) -> None:
    assert taught({"top_p": 0.5, "messages": [HELLO]}, **answer) is None


def test_what_was_learned_survives_being_stored() -> None:
    learned = (
        PastRefusals()
        .add(REFUSED)
        .add(KnownRejection("s", "m", "n", "unsupported_value", "2026-11-02", any_value=False, value=2))
    )
    assert PastRefusals.from_json(learned.to_json()) == learned


def test_a_newer_fact_takes_the_place_of_the_older() -> None:
    newer = KnownRejection(*REFUSED.key, "unknown_parameter", "2026-11-19")
    assert list(PastRefusals().add(REFUSED).add(newer).refusals.values()) == [newer]


def test_nothing_that_a_user_wrote_is_remembered() -> None:
    said = "what nobody else may read"
    quoted = {"code": "unsupported_parameter", "param": "prediction", "message": f"Unsupported: '{said}'"}
    body = {"prediction": {"type": "content", "content": said}}
    fact = taught(body, **quoted)
    assert fact is not None
    assert said not in json.dumps(PastRefusals().add(fact).to_json())
    for field, value in [*body.items(), ("stop", said), ("user", said), ("reasoning_effort", said), ("number", 7)]:
        assert taught({field: value}, code="unsupported_value", param=field) is None


@pytest.mark.parametrize("field", ["", "a b", "x" * 65, "Jane Doe's answer"])
def test_a_field_that_is_no_name_is_not_remembered(field: str) -> None:
    assert taught({field: 1}, code="unsupported_parameter", param=field) is None


def test_one_word_of_a_few_is_remembered_as_a_value() -> None:
    fact = taught({"reasoning_effort": "minimal"}, code="unsupported_value", param="reasoning_effort")
    assert fact is not None
    assert fact.speaks_of({"reasoning_effort": "minimal"})
    assert not fact.speaks_of({"reasoning_effort": "low"})


def test_what_is_remembered_stays_small_enough_for_the_platform() -> None:
    learned = PastRefusals()
    for number in range(100):
        fact = taught({f"field_{number}": 1}, code="unknown_parameter", param=f"field_{number}")
        assert fact is not None
        if learned.has_room_for(fact):
            learned = learned.add(fact)
    assert 10 < len(learned.refusals) < 50
    assert len(json.dumps(learned.to_json())) < 5000
    assert learned.has_room_for(next(iter(learned.refusals.values())))


@pytest.mark.parametrize(
    "fact", [None, 7, "x", {}, {"foo": 1}, {**asdict(REFUSED), "code": 7}, {**asdict(REFUSED), "message": "no"}]
)
def test_a_memory_of_another_kind_is_passed_over(fact: Any) -> None:
    assert PastRefusals.from_json([fact, asdict(REFUSED)]).refusals == {REFUSED.key: REFUSED}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("This model is only supported in v1/responses and not in v1/chat/completions.", True),
        ("Function tools with reasoning_effort are not supported … Please use /v1/responses instead.", True),
        ("gpt-5-pro is only available through the Responses API.", True),
        ("Use the /responses endpoint for this model", True),
        ("This model is not supported. Use the Responses API at https://platform.openai.com/docs/guides", True),
        ("Unknown model. See https://platform.openai.com/docs/api-reference/responses", False),
        ("We log responses for 30 days. Only admins may use this.", False),
        ("The responses of this endpoint are limited", False),
        ("", False),
    ],
)
def test_a_refusal_that_says_to_use_responses_is_told_from_one_that_has_the_word(text: str, named: bool) -> None:
    assert names_responses(404, text) is named
    assert not names_responses(500, text)
