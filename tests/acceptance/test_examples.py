"""The examples are whole components: each lints, and passes its own tests away from this repository's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pysailor.cli import main

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(found.parent for found in ROOT.glob("examples/*/component.json"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_an_example_passes_its_own_tests(example: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", ".", "-c", "/dev/null"]
    done = subprocess.run([*command, "tests"], cwd=example, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_smallest_example_is_the_one_of_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    greeter = ROOT / "examples/greeter"
    assert main(["--component", str(greeter), "process", "greet", str(greeter / "samples/greet/hello.json")]) == 0
    assert '"text": "Good day, Ann!"' in capsys.readouterr().out


def test_every_example_is_shown_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [example.name for example in EXAMPLES if f"examples/{example.name}/" not in readme] == []
