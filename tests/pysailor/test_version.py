"""Which version of the runtime this is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pysailor
from pysailor.version import installed_version

if TYPE_CHECKING:
    import pytest


def test_the_version_is_that_of_the_package_that_brought_the_command() -> None:
    declared = json.loads((Path(__file__).parents[2] / "component.json").read_text(encoding="utf-8"))["version"]
    assert installed_version() == pysailor.__version__ == declared


def test_other_packages_that_are_broken_do_not_hide_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = {"a-1.dist-info": None, "b-1.dist-info": b"\xff[console_scripts]", "mine-7.dist-info": b"pysailor = x:y"}
    for name, content in packages.items():
        (tmp_path / name).mkdir()
        file = tmp_path / name / "entry_points.txt"
        file.mkdir() if content is None else file.write_bytes(content)
    monkeypatch.syspath_prepend(tmp_path)
    assert installed_version.__wrapped__() == "7"
