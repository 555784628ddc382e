"""The guide for developers does what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from pysailor.cli import main

GUIDE = (Path(__file__).parents[2] / "docs/writing-a-step.md").read_text(encoding="utf-8")


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    """Give the component that the guide shows."""
    declared, code = (re.search(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL) for language in ("json", "python"))
    assert declared is not None
    assert code is not None
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/__init__.py").touch()
    (tmp_path / "logo.png").touch()
    (tmp_path / "component.json").write_text(declared[1])
    (tmp_path / "lib/greet.py").write_text(code[1])
    return tmp_path


def test_its_component_is_in_order_and_runs(greeter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = greeter / "sample.json"
    sample.write_text(json.dumps({"cfg": {"tone": "Good day"}, "msg": {"body": {"name": "Ann"}}}))
    component = ("--component", str(greeter))
    assert main([*component, "lint"]) == 0
    assert main([*component, "process", "greet", str(sample)]) == 0
    assert json.loads(capsys.readouterr().out)["body"] == {"text": "Good day, Ann!"}


def test_its_refusal_is_told(greeter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sample = greeter / "sample.json"
    sample.write_text(json.dumps({"msg": {"body": {"name": " "}}}))
    assert main(["--component", str(greeter), "process", "greet", str(sample)]) == 1
    assert "/name: is blank; give a name" in capsys.readouterr().err
