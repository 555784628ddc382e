"""A run in this process is one trace: the run, each message at each step below the one it came from, its calls."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("opentelemetry.sdk")

from tests.support.collector import Collector, attributes_of


def test_run_steps_and_calls_are_one_trace(collector: Collector, flow: Any, run: Any) -> None:
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 2}}\n"
        "  b: {run: 'w:work', after: a, fields: {call: true}}\n"
        "  c: {run: 'w:work', after: b, fields: {fail: 2}}\n"
    )
    outcome, _ = run(made)
    assert outcome == "failed"
    spans = {span.span_id: span for span in collector.spans()}
    assert len({span.trace_id for span in spans.values()}) == 1
    (root,) = [span for span in spans.values() if not span.parent_span_id]
    assert root.name == f"flow {made.name}"
    parents = sorted((span.name, spans[span.parent_span_id].name) for span in spans.values() if span is not root)
    assert parents == [
        ("call model", "process b"), ("call model", "process b"),
        ("process b", root.name), ("process b", root.name),
        ("process c", "process b"), ("process c", "process b"),
    ]  # fmt: skip
    outcomes = [attributes_of(span)["pysailor.outcome"] for span in spans.values() if span.name == "process c"]
    assert sorted(outcomes) == ["done", "failed"]


def test_metrics_are_not_split_by_run_or_message(collector: Collector, flow: Any, run: Any) -> None:
    run(flow("  a: {run: 'w:numbers', fields: {count: 3}}\n  b: {run: 'w:work', after: a}\n"))
    (point,) = collector.metrics()["messaging.process.duration"]
    assert point.count == 3
