"""The rules that depend on the model, each with a request that breaks it and one that keeps it."""

from __future__ import annotations

from lib.tokens.count import Estimate
from tests.support.preflight import CUSTOM, PREDICTED, REFUSED, SPOKEN, WEATHER, Case, parts

CASES: list[tuple[str, Case]] = [
    ("another_endpoint", Case({}, "/model", {}, model="gpt-5.2-pro", kept_model="gpt-5.2")),
    ("shut_down", Case({}, "/model", {}, certain=False, model="o1", kept_model="o3")),
    ("shut_down_soon", Case({}, "/model", {}, certain=False, model="gpt-5-mini", kept_model="gpt-4o")),
    ("field_not_taken", Case({"temperature": 0}, "/temperature", {"temperature": 1}, model="gpt-5")),
    ("field_not_taken", Case({"stop": "x"}, "/stop", {"n": 2}, model="gpt-5.4")),
    ("field_not_taken", Case({"verbosity": "low"}, "/verbosity", {"verbosity": "medium"}, model="gpt-4o")),
    ("field_not_taken", Case({"tools": [WEATHER]}, "/tools", {"stream": True}, model="gpt-5-search-api")),
    ("field_not_taken", Case(PREDICTED, "/prediction", PREDICTED, model="gpt-5.1", kept_model="gpt-4.1")),
    (
        "field_not_taken",
        Case({"top_p": 0.5}, "/top_p", {"top_p": 1}, certain=False, model="gpt-6.2-sol"),
    ),
    (
        "token_cap_name",
        Case({"max_tokens": 5000}, "/max_tokens", {"max_completion_tokens": 5000}, model="gpt-5.2"),
    ),
    (
        "tools_never",
        Case({"tools": [WEATHER]}, "/tools", {"tools": [WEATHER]}, model="gpt-6.1-sol", kept_model="gpt-5"),
    ),
    ("custom_tools", Case({"tools": [CUSTOM]}, "/tools/0/custom", {"tools": [WEATHER]}, model="gpt-4.1")),
    ("spoken_answer", Case(SPOKEN, "/modalities", SPOKEN, model="gpt-4.1", kept_model="gpt-audio-1.5")),
    (
        "value_not_taken",
        Case(
            {"prompt_cache_retention": "in_memory"},
            "/prompt_cache_retention",
            {"prompt_cache_retention": "24h"},
            model="gpt-5.5",
        ),
    ),
    (
        "tier_not_offered",
        Case({"service_tier": "fast"}, "/service_tier", {"service_tier": "flex"}, certain=False, model="gpt-5-nano"),
    ),
    (
        "original_detail",
        Case(
            parts({"type": "image_url", "image_url": {"url": "https://x.example/", "detail": "original"}}),
            "/messages/0/content/0/image_url/detail",
            parts({"type": "image_url", "image_url": {"url": "https://x.example/", "detail": "high"}}),
            certain=False,
            model="gpt-4o",
        ),
    ),
    ("cap_above_model", Case({"max_tokens": 16_385}, "/max_tokens", {"max_tokens": 16_384}, model="gpt-4o")),
    (
        "context_exceeded",
        Case(
            {"max_tokens": 16_000},
            "/messages",
            {"max_tokens": 16_000},
            certain=False,
            model="gpt-4o",
            broken_estimate=Estimate(112_001, least=112_001),
            kept_estimate=Estimate(112_000, least=112_000),
        ),
    ),
    (
        "context_far_exceeded",
        Case(
            {},
            "/messages",
            {},
            model="gpt-5",
            broken_estimate=Estimate(400_000, least=400_000),
            kept_estimate=Estimate(400_000, least=0),
        ),
    ),
    (
        "refused_before",
        Case({"top_p": 0.5}, "/top_p", {"top_k": 5}, certain=False, public_api=False, refusals=(REFUSED,)),
    ),
]
