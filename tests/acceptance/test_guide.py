"""The guide for developers does what it says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pysailor.cli import main
from pysailor.component.component import Component
from pysailor.hooks import Hooks
from pysailor.step import Step

GUIDE = (Path(__file__).parents[2] / "docs/writing-a-step.md").read_text(encoding="utf-8")


def parts(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


@pytest.fixture
def greeter(tmp_path: Path) -> Path:
    """Make the component that the guide shows, with all its functions and tests."""
    (declared, *_), (process, *_, more, tests) = parts("json"), parts("python")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/__init__.py").touch()
    (tmp_path / "logo.png").touch()
    (tmp_path / "component.json").write_text(declared)
    (tmp_path / "lib/greet.py").write_text(f"{process}\n\n{more}")
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_greet.py").write_text(tests)
    return tmp_path


def sample(greeter: Path, name: str, **cfg: str) -> str:
    file = greeter / "sample.json"
    file.write_text(json.dumps({"cfg": cfg, "msg": {"body": {"name": name}}}))
    return str(file)


def test_its_component_is_in_order_and_runs(greeter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    component = ("--component", str(greeter))
    assert main([*component, "lint"]) == 0
    assert main([*component, "process", "greet", sample(greeter, "Ann", tone="Good day")]) == 0
    assert json.loads(capsys.readouterr().out)["body"] == {"text": "Good day, Ann!"}


def test_its_refusal_is_told(greeter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--component", str(greeter), "process", "greet", sample(greeter, " ")]) == 1
    assert "/name: is blank; give a name" in capsys.readouterr().err


def test_its_check_warns_and_its_preview_shows(greeter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--component", str(greeter), "check", "greet", sample(greeter, "ANN")]) == 0
    assert "people may feel shouted at" in capsys.readouterr().out
    assert main(["--component", str(greeter), "process", "greet", sample(greeter, "Ann"), "--dry-run"]) == 0
    assert json.loads(capsys.readouterr().out)["body"] == {"to": "Ann"}


def test_its_hooks_are_called_as_the_runtime_calls_them(greeter: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "component")
    hooks = Hooks(Step(Component(greeter).function("greet"), {"tone": "Hello"}), store_keys=lambda _: None)
    hooks.init()
    hooks.shutdown(hooks.startup())
    assert caplog.messages == ["ready to greet", "greeted in the tone Hello"]


def test_its_tests_pass(greeter: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=greeter,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
