"""What once crashed, hung or failed without a name does so no more."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.support.fuzz.run import corpus, run_case

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("file", corpus(), ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_past_failure_stays_away(file: Path) -> None:
    assert run_case(file.parent.name, json.loads(file.read_text())["case"]) == ""
