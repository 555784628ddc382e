"""A report says what the ledger says, on a page that needs nothing from elsewhere."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pysailor.flow.report import gather, write_page
from pysailor.flow.report.figures import StepFigures, bucket, edge


def test_the_figures_are_those_of_the_ledger(flow: Any, run: Any) -> None:
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 5}}\n  b: {run: 'w:work', after: a, fields: {fail: 2, call: true}}\n"
    )
    _, path = run(made)

    figures = gather(path, {"messages": 5})

    step = figures.steps["b"]
    assert [step.outcomes["done"], step.outcomes["failed"], step.codes["invalid_input"]] == [4, 1, 1]
    assert [step.units["input_tokens"], str(step.costs["USD"]), step.calls] == [15, "0.005", 5]
    assert [error["code"] for error in figures.errors] == ["invalid_input"]
    assert sum(figures.rate.values()) == 5


def test_the_page_needs_nothing_from_elsewhere_and_hides_no_markup(flow: Any, run: Any) -> None:
    _, path = run(
        flow("  a: {run: 'w:numbers', fields: {count: 2}}\n  b: {run: 'w:work', after: a, fields: {fail: 1}}\n")
    )
    about = {"name": "<script>alert(1)</script>", "run": "r", "outcome": "failed", "messages": 2}

    page = write_page(gather(path, about))

    assert "<script" not in page
    assert not re.search(r"(src|href)=|url\(|@import", page)
    assert "default-src 'none'" in page
    assert "this number is not liked" in page


def test_a_run_without_messages_has_a_page(tmp_path: Any) -> None:
    assert "not ended" in write_page(gather(tmp_path, {}))


@given(st.lists(st.floats(0.001, 1e6), min_size=1, max_size=50))
def test_a_percentile_is_right_to_a_buckets_width(times: list[float]) -> None:
    step = StepFigures("x")
    for took in times:
        step.latencies[bucket(took)] += 1
        step.slowest = max(step.slowest, took)

    exact = sorted(times)[max(0, -(-len(times) * 95 // 100) - 1)]

    assert edge(bucket(exact)) * 0.999 <= step.percentile(0.95) <= edge(bucket(exact) + 1) * 1.001
