"""Without a named store the steps of a run share one in memory, and so a budget; the next run has its own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def counts(path: Path) -> list[int]:
    lines = (path / "results.jsonl").read_text().splitlines()
    return sorted(json.loads(line)["result"]["body"]["shared"] for line in lines)


def test_all_steps_of_a_run_count_in_one_place(flow: Any, run: Any, monkeypatch: Any) -> None:
    monkeypatch.delenv("PYSAILOR_JOURNAL", raising=False)
    made = flow(
        "  a: {run: 'w:numbers', fields: {count: 2}}\n"
        "  b: {run: 'w:work', after: a, fields: {share: spent}}\n"
        "  c: {run: 'w:work', after: a, fields: {share: spent}}\n"
    )
    _, path = run(made)
    assert counts(path) == [1, 2, 3, 4]
