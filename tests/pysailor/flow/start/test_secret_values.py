"""What encrypts a flow's messages is made once, whole, and never replaced in silence."""

from __future__ import annotations

import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pysailor.flow.run.errors import FlowStopped
from pysailor.flow.start.secret_values import FILE, read_secrets

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("ELASTICIO_API_KEY", "ELASTICIO_MESSAGE_CRYPTO_IV", "ELASTICIO_MESSAGE_CRYPTO_PASSWORD")
KILLED_BEFORE_WRITING = """
import os, sys
from pathlib import Path
from pysailor.flow.start.secret_values import read_secrets

def kill(event, _):
    if event == "os.link":
        os.kill(os.getpid(), 9)

sys.addaudithook(kill)
read_secrets(Path(sys.argv[1]))
"""


@pytest.fixture(autouse=True)
def nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_the_next_start_has_the_same(tmp_path: Path) -> None:
    made = read_secrets(tmp_path / "flow")
    assert read_secrets(tmp_path / "flow") == made
    assert stat.S_IMODE((tmp_path / "flow" / FILE).stat().st_mode) == 0o600


def test_a_kill_while_they_are_made_leaves_none(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", KILLED_BEFORE_WRITING, str(tmp_path)], check=False)
    assert killed.returncode == -9
    assert not (tmp_path / FILE).exists()
    assert len(read_secrets(tmp_path)) == 3


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"ELASTICIO_API_KEY": 1}', "\x00\x00"])
def test_a_broken_file_is_told_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(FlowStopped, match=rf"{FILE} cannot be read.*put a copy of it back"):
        read_secrets(tmp_path)


def test_a_broken_file_is_not_asked_where_the_environment_has_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / FILE).write_text("")
    for name in NAMES:
        monkeypatch.setenv(name, name.lower())
    assert read_secrets(tmp_path) == tuple(map(str.lower, NAMES))


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "flow").touch()
    with pytest.raises(FlowStopped, match=r"nothing can be written in .*flow: .*--folder DIR"):
        read_secrets(tmp_path / "flow")
