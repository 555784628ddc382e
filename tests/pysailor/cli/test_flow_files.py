"""A file that is not there is a wrong command, as everywhere: the exit code is 2 and the file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from pysailor.cli import main

FLOW = str(Path(__file__).parents[3] / "flows/summaries.yaml")


@pytest.mark.parametrize(
    "words",
    [
        *(("flow", command, "nope.yaml") for command in ("run", "check", "draw", "test", "export")),
        ("flow", "start", "nope.yaml", "--broker", "amqp://127.0.0.1:1"),
        ("flow", "run", FLOW, "--input", "nope.csv", "--sandbox"),
    ],
    ids=" ".join,
)
def test_a_file_that_is_not_there_is_named(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "cannot be read: No such file or directory" in capsys.readouterr().err
