"""The rules between options, each with a request that breaks it and one that keeps it."""

from __future__ import annotations

from tests.support.preflight import (
    JSON_OBJECT,
    PREDICTED,
    SPOKEN,
    WEATHER,
    Case,
    parts,
    transcript,
)

CASES: list[tuple[str, Case]] = [
    ("both_token_caps", Case({"max_tokens": 9, "max_completion_tokens": 9}, "/max_tokens", {"max_tokens": 9})),
    (
        "stream_options_without_stream",
        Case(
            {"stream_options": {"include_usage": True}},
            "/stream_options",
            {"stream_options": {"include_usage": True}, "stream": True},
        ),
    ),
    (
        "top_logprobs_without_logprobs",
        Case({"top_logprobs": 2}, "/top_logprobs", {"top_logprobs": 2, "logprobs": True}),
    ),
    (
        "json_not_mentioned",
        Case(JSON_OBJECT, "/messages", {**JSON_OBJECT, **transcript({"role": "system", "content": "Answer in JSON."})}),
    ),
    (
        "json_not_mentioned",
        Case(JSON_OBJECT, "/messages", {**JSON_OBJECT, **parts({"type": "text", "text": "as json"})}),
    ),
    (
        "schema_name",
        Case(
            {"response_format": {"type": "json_schema", "json_schema": {"name": "my answer"}}},
            "/response_format/json_schema/name",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "my_answer"}}},
        ),
    ),
    (
        "metadata_limits",
        Case(
            {"metadata": {str(key): "x" for key in range(17)}},
            "/metadata",
            {"metadata": {str(key): "x" * 512 for key in range(16)}},
        ),
    ),
    ("metadata_limits", Case({"metadata": {"a/b": "x" * 513}}, "/metadata/a~1b", {"metadata": {"k" * 64: "x"}})),
    ("metadata_limits", Case({"metadata": {"k" * 65: "x"}}, f"/metadata/{'k' * 65}", {"metadata": {}})),
    (
        "metadata_without_store",
        Case({"metadata": {"a": "b"}}, "/metadata", {"metadata": {"a": "b"}, "store": True}, certain=False),
    ),
    ("audio_settings_missing", Case({"modalities": ["text", "audio"]}, "/audio", SPOKEN)),
    ("audio_not_asked_for", Case({"audio": SPOKEN["audio"]}, "/audio", SPOKEN, certain=False)),
    (
        "audio_format_in_stream",
        Case(
            {**SPOKEN, "stream": True},
            "/audio/format",
            {**SPOKEN, "stream": True, "audio": {"voice": "alloy", "format": "pcm16"}},
        ),
    ),
    *(
        ("prediction_excludes", Case({**PREDICTED, **beside}, f"/{next(iter(beside))}", {**PREDICTED, "n": 1}))
        for beside in (
            {"n": 2},
            {"logprobs": True},
            {"presence_penalty": 0.1},
            {"frequency_penalty": 1},
            {"tools": [WEATHER]},
            {"modalities": ["audio"]},
            {"max_completion_tokens": 9},
        )
    ),
    (
        "prediction_beside_max_tokens",
        Case({**PREDICTED, "max_tokens": 9}, "/max_tokens", {"max_tokens": 9}, certain=False),
    ),
    (
        "cache_settings_together",
        Case(
            {"prompt_cache_retention": "24h", "prompt_cache_options": {"ttl": "30m"}},
            "/prompt_cache_retention",
            {"prompt_cache_options": {"ttl": "30m"}},
        ),
    ),
    ("logit_bias_keys", Case({"logit_bias": {"hello": 1}}, "/logit_bias/hello", {"logit_bias": {"24912": 1}})),
    ("logit_bias_bounds", Case({"logit_bias": {"1": 101}}, "/logit_bias/1", {"logit_bias": {"1": -100}})),
    ("seed_too_large", Case({"seed": 2**63}, "/seed", {"seed": -(2**63)})),
    (
        "safety_identifier_length",
        Case({"safety_identifier": "x" * 65}, "/safety_identifier", {"safety_identifier": "x" * 64}, certain=False),
    ),
    ("personal_identifier", Case({"user": "jane@example.com"}, "/user", {"user": "b1946ac9"}, certain=False)),
    ("many_choices_elsewhere", Case({"n": 2}, "/n", {"n": 1}, certain=False, public_api=False)),
    (
        "schema_strict_null",
        Case(
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "strict": None}}},
            "/response_format/json_schema/strict",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a"}}},
            certain=False,
            public_api=False,
        ),
    ),
    ("unknown_field", Case({"temprature": 1}, "/temprature", {"temperature": 1}, certain=False)),
    ("token_cap_below_one", Case({"max_completion_tokens": 0}, "/max_completion_tokens", {"max_completion_tokens": 1})),
    (
        "token_cap_below_one",
        Case({"max_tokens": -1}, "/max_tokens", {"max_tokens": 16}, certain=False, public_api=False),
    ),
    (
        "unknown_field",
        Case({"temprature": 1}, "/temprature", {"top_k": 1, "models": []}, certain=False, public_api=False),
    ),
]
