"""A new component lints, runs and passes its own tests."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    """Make a component."""
    monkeypatch.chdir(tmp_path)
    assert main(["new", "weather-component"]) == 0
    assert "weather-component/component.json" in capsys.readouterr().out
    monkeypatch.chdir("weather-component")
    return tmp_path / "weather-component"


def test_it_lints(made: Path) -> None:
    assert main(["lint"]) == 0
    assert json.loads((made / "component.json").read_text())["title"] == "Weather component"


@pytest.mark.parametrize(
    ("sample", "body"), [("greet/hello", {"text": "Good day, Ann!"}), ("tick/second", {"count": 2})]
)
def test_its_samples_run(made: Path, capsys: pytest.CaptureFixture[str], sample: str, body: object) -> None:
    assert main(["process", sample.partition("/")[0], f"samples/{sample}.json"]) == 0
    assert json.loads(capsys.readouterr().out)["body"] == body


def test_its_tests_pass(made: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", ["Weather", "we ather", "-x", "../x", ""])
def test_what_cannot_be_a_name_is_refused(name: str, tmp_path: Path) -> None:
    assert main(["new", "--dir", str(tmp_path / "x"), "--", name]) == 2
    assert not (tmp_path / "x").exists()


def test_nothing_is_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine").touch()
    assert main(["new", "weather", "--dir", str(tmp_path)]) == 2
    assert "is not an empty directory" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [tmp_path / "mine"]


def test_what_to_do_next_installs_pytest_where_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "first"]) == 0
    assert "pip install" not in capsys.readouterr().err
    monkeypatch.setitem(sys.modules, "pytest", None)
    assert main(["new", "second"]) == 0
    assert " -m pip install pytest; " in capsys.readouterr().err
