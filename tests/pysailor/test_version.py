"""Which version of the runtime this is."""

from __future__ import annotations

import json
from pathlib import Path

import pysailor
from pysailor.version import installed_version


def test_the_version_is_that_of_the_package_that_brought_the_command() -> None:
    declared = json.loads((Path(__file__).parents[2] / "component.json").read_text(encoding="utf-8"))["version"]
    assert installed_version() == pysailor.__version__ == declared
