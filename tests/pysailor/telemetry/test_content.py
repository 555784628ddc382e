"""What was said is in spans only where the operator wants it: masked, bounded, and never at a message's cost."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from pysailor import CallReport
from pysailor.telemetry.content import CUT, MOST, ContentCapture
from pysailor.telemetry.settings import find_mistakes, is_captured

CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
INPUT = "gen_ai.input.messages"
CALL = CallReport("gpt-4.1", "ok", 0.5)


def said(*texts: str) -> CallReport:
    messages = [{"role": "user", "parts": [{"type": "text", "content": text}]} for text in texts]
    return replace(CALL, content=lambda: {INPUT: messages})


def attributes(call: CallReport, environ: dict[str, str] | None = None) -> dict[str, Any]:
    return ContentCapture(lambda text: text.replace("sk-secret", "***"), environ or {}).attributes(call)


@pytest.mark.parametrize(
    ("value", "is_on"),
    [("", False), ("NO_CONTENT", False), ("false", False), ("EVENT_ONLY", False), ("yes", False), ("true", True),
     ("SPAN_ONLY", True), ("span_and_event", True)],
)  # fmt: skip
def test_it_is_off_unless_the_variable_says_so(value: str, is_on: bool) -> None:
    assert is_captured({CAPTURE: value}) is is_on


@pytest.mark.parametrize(
    ("environ", "part"),
    [
        ({CAPTURE: "yes"}, "possible are SPAN_ONLY and NO_CONTENT"),
        ({CAPTURE: "EVENT_ONLY"}, "events are not sent"),
        ({CAPTURE: "SPAN_AND_EVENT"}, "in spans alone"),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "http/protobuf is sent"),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is 'http/json'"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "no traces are sent; possible are otlp and none"),
    ],
)
def test_what_cannot_be_followed_is_said_with_what_is_possible(environ: dict[str, str], part: str) -> None:
    (told,) = find_mistakes(environ, frozenset({"traces", "metrics"}))
    assert part in told


def test_what_is_possible_is_not_complained_of() -> None:
    fine = {CAPTURE: "SPAN_ONLY", "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf", "OTEL_METRICS_EXPORTER": "none"}
    assert list(find_mistakes(fine, frozenset({"traces"}))) == []


def test_secrets_are_masked() -> None:
    told = attributes(said('my key is "sk-secret"'))
    assert json.loads(told[INPUT])[0]["parts"][0]["content"] == 'my key is "***"'


@pytest.mark.parametrize("texts", [("x" * 100_000,), ("y" * 100,) * 10_000, ('"\\' * 50_000, "end")])
def test_what_is_long_is_cut_to_json_that_can_still_be_read(texts: tuple[str, ...]) -> None:
    told = attributes(said(*texts))
    assert told[CUT] is True
    assert len(told[INPUT]) <= MOST
    kept = json.loads(told[INPUT])[-1]["parts"][0]["content"]
    assert kept.rstrip("…") == texts[-1][: len(kept.rstrip("…"))]


def test_the_library_s_own_bound_goes_before_if_it_is_less() -> None:
    told = attributes(said("z" * 5000), {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT": "300"})
    assert len(told[INPUT]) <= 300
    assert json.loads(told[INPUT])


def test_a_call_without_content_and_one_whose_content_fails_have_none() -> None:
    def fail() -> dict[str, Any]:
        raise RuntimeError

    assert attributes(CALL) == attributes(replace(CALL, content=fail)) == {}
