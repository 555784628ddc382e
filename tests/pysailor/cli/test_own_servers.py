"""A component's own server answers; what it does not heed is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

SERVER = """
class Toy:
    title = "the toy (a small one)"
    help = "run a toy"
    UNUSED = ("tone",)

    def __init__(self, port=0):
        pass

    @staticmethod
    def unavailable():
        return None

    def cfg(self, scenario=None):
        return {"tone": "quiet"}

    def start(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass


SERVERS = {"toy": Toy}
"""


@pytest.mark.parametrize(
    ("given", "told"),
    [(("--cfg", "tone=loud"), ["# tone=loud is not used: the toy has only its own"]), ((), [])],
)
def test_a_setting_that_it_does_not_heed_is_told(
    echo: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], told: list[str]
) -> None:
    (echo / "lib/cli.py").write_text(SERVER)
    arguments = ("--body", "word=hi", "--cfg", "password=x", "--toy", *given)
    main(["--component", str(echo), "process", "echo", *arguments])
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "is not used" in line] == told
