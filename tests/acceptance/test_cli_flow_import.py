"""`pysailor flow import` and `flow export`, as typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from pysailor.cli import main

if TYPE_CHECKING:
    import pytest

GOLDEN = Path(__file__).parents[1] / "golden/platform-flows"


def test_a_flow_goes_there_and_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow = str(tmp_path / "flow.yaml")
    assert main(["flow", "import", str(GOLDEN / "router.json"), "-o", flow]) == 0
    assert f"# {flow} is written" in capsys.readouterr().err
    assert main(["flow", "export", flow, "--as", "api"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((GOLDEN / "router.json").read_text())


def test_what_cannot_be_run_is_told_and_written_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = [{"id": "a", "command": "x/y:z"}, {"id": "b", "command": "x/y:z"}]
    edges = [{"source": "a", "target": "b"}, {"source": "b", "target": "a"}]
    (tmp_path / "in.json").write_text(json.dumps({"name": "x", "graph": {"nodes": nodes, "edges": edges}}))
    assert main(["flow", "import", str(tmp_path / "in.json")]) == 1
    told = capsys.readouterr()
    assert told.out.startswith("flow: 1\n")
    assert "to correct before it can be run" in told.err


def test_an_expression_that_the_platform_does_not_know_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "flow: 1\nname: x\ncomponents: {r: {builtin: router, as: a/b}}\nsteps:\n"
    steps = "  one: {run: 'r:route'}\n  two: {run: 'r:route', after: one, map: {a: b ?? c}}\n"
    (tmp_path / "flow.yaml").write_text(text + steps)
    assert main(["flow", "export", str(tmp_path / "flow.yaml"), "--workspace", "1"]) == 1
    assert "flow.yaml:6:" in capsys.readouterr().err
