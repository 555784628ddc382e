"""Standard output is for results: what a component prints by itself goes elsewhere."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.pysailor.conftest import MakeComponent

NOISY = """
from pysailor import Message

print("noise of the import")


def process(msg, cfg, snapshot, ctx):
    print("noise of process")
    return Message(body={"word": msg.body["word"]})


def check(msg, cfg, snapshot, ctx):
    print("noise of check")
    from pysailor import CheckResult
    return CheckResult()


def tones(cfg, ctx):
    print("noise of the model")
    return {"loud": "Loud"}
"""
VERIFY = """
print("noise of the verifier")


def verify(cfg, ctx):
    print("noise of verify")
"""


def test_what_a_component_prints_is_not_among_the_results(
    make_component: MakeComponent, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    root = make_component(echo=NOISY, verify=VERIFY, cli="print('noise of the command line')\n")
    monkeypatch.chdir(root)
    password = ("--cfg", "password=open sesame")
    for words in (
        ("process", "echo", "--body", "word=hi", *password),
        ("check", "echo", "--body", "word=hi", *password),
        ("select", "echo", "tone", *password),
    ):
        assert main(words) == 0
        printed = capsys.readouterr()
        json.loads(printed.out)
        assert "noise" in printed.err
    assert main(("meta", "echo")) == 0
    json.loads(capsys.readouterr().out)
    assert main(("verify", *password)) == 0
    assert capsys.readouterr().out == "The credential works.\n"
