"""What every command reads in the same way."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING

import pytest

from pysailor.shell import environment, port

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("text", ["0", "80", "65535"])
def test_a_port_is_a_number(text: str) -> None:
    assert port(text) == int(text)


@pytest.mark.parametrize("text", ["65536", "-1", "", "eighty", "8.0", "\u0663", "9" * 5000])
def test_what_cannot_be_a_port_is_named(text: str) -> None:
    with pytest.raises(ArgumentTypeError, match="is not a valid port; allowed: 0 "):
        port(text)


def test_the_nearest_env_file_of_the_project_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("OF_ANOTHER=x\n")
    project = tmp_path / "project"
    (project / "samples").mkdir(parents=True)
    (project / "component.json").write_text("{}")
    monkeypatch.chdir(project / "samples")
    assert "OF_ANOTHER" not in environment()
    (project / ".env").write_text("A_KEY=of the project\nHOME=/nowhere\nLEFT_EMPTY=\n")
    monkeypatch.setenv("HOME", "/home/somebody")
    assert environment()["A_KEY"] == "of the project"
    assert environment()["HOME"] == "/home/somebody"
    assert "LEFT_EMPTY" not in environment()
    (project / "samples" / ".env").write_text("A_KEY=nearer\n")
    assert environment()["A_KEY"] == "nearer"
