"""The rules about reasoning, each with a request that breaks it and one that keeps it."""

from __future__ import annotations

from tests.support.preflight import LEGACY, WEATHER, Case

CASES: list[tuple[str, Case]] = [
    (
        "field_needs_no_reasoning",
        Case(
            {"temperature": 0, "reasoning_effort": "low"},
            "/temperature",
            {"temperature": 0, "reasoning_effort": "none"},
            model="gpt-5.4",
        ),
    ),
    (
        "field_needs_no_reasoning",
        Case({"top_p": 0.5, "reasoning_effort": "high"}, "/top_p", {"top_p": 0.5}, model="gpt-5.1"),
    ),
    (
        "field_may_need_no_reasoning",
        Case({"top_p": 0.5}, "/top_p", {"top_p": 1}, certain=False, model="gpt-5.4"),
    ),
    (
        "effort_value",
        Case({"reasoning_effort": "minimal"}, "/reasoning_effort", {"reasoning_effort": "low"}, model="gpt-6-astra"),
    ),
    (
        "effort_max",
        Case(
            {"reasoning_effort": "max"},
            "/reasoning_effort",
            {"reasoning_effort": "high"},
            certain=False,
            model="gpt-6-sol",
        ),
    ),
    (
        "tools_need_no_reasoning",
        Case(
            {"tools": [WEATHER]},
            "/reasoning_effort",
            {"tools": [WEATHER], "reasoning_effort": "none"},
            model="gpt-5.4-mini",
        ),
    ),
    (
        "tools_need_no_reasoning",
        Case(
            {"functions": [LEGACY], "reasoning_effort": "low"},
            "/reasoning_effort",
            {"reasoning_effort": "low"},
            model="gpt-6-luna",
        ),
    ),
    (
        "little_room_for_reasoning",
        Case(
            {"max_completion_tokens": 50},
            "/max_completion_tokens",
            {"max_completion_tokens": 50, "reasoning_effort": "none"},
            certain=False,
            model="gpt-5.4",
        ),
    ),
]
