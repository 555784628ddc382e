"""`make test` runs every test once, whichever of the two processes it is in."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.command_line import ROOT

if TYPE_CHECKING:
    from pathlib import Path

IN_THE_SECOND = ("tests/lib/test_a.py", "tests/pysailor/flow/run/test_a.py")
IN_THE_FIRST = ("tests/test_b.py", "tests/pysailor/test_b.py", "tests/a_new_folder/test_b.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project with the same folders and a test in each, which writes down that it ran."""
    for folder in ("tests/components", "tests/pysailor/cli", "tools"):
        (tmp_path / folder).mkdir(parents=True)
    for name in (*IN_THE_FIRST, *IN_THE_SECOND):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"def test_it():\n    open('ran', 'a').write('{name}\\n')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\nmarkers = soak: takes long\n")
    shutil.copy(ROOT / "tools" / "run-tests", tmp_path / "tools" / "run-tests")
    return tmp_path


def test_each_test_runs_once_and_one_that_fails_beside_the_others_is_shown_and_fails_the_run(project: Path) -> None:
    with (project / IN_THE_SECOND[0]).open("a") as file:
        file.write("\n\ndef test_wrong():\n    assert 1 == 2\n")
    command = [sys.executable, "tools/run-tests", "-q", "-p", "no:hypothesispytest"]
    environment = {name: value for name, value in os.environ.items() if name != "CI"}

    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert f"FAILED {IN_THE_SECOND[0]}::test_wrong" in done.stdout
    assert sorted((project / "ran").read_text().splitlines()) == sorted((*IN_THE_FIRST, *IN_THE_SECOND))
