"""`pysailor flow check`, as typed: what it says of files that are not there, and of a cost that nobody knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.command_line import ROOT, pysailor

if TYPE_CHECKING:
    from pathlib import Path

FLOW = f"""\
flow: 1
name: check
components: {{chatgpt: {{path: {ROOT}}}, csv: {{builtin: csv}}, file: {{builtin: file}}}}
steps:
  read: {{run: 'TRIGGER', fields: {{url: URL}}SAMPLE}}
  ask: {{run: 'chatgpt:ask', after: read, fields: {{model: gpt-5-nano}}, map: {{prompt: '"Hello"'}}}}
"""


def check(at: Path, *options: str, trigger: str = "csv:read", url: str = "there.csv", sample: str = "") -> str:
    (at / "there.csv").write_text("text\nHello\n")
    (at / "flow.yaml").write_text(FLOW.replace("TRIGGER", trigger).replace("URL", url).replace("SAMPLE", sample))
    done = pysailor("flow", "check", "flow.yaml", "--sandbox", *options, cwd=at)
    assert done.returncode == 0, done.stdout
    return done.stdout + done.stderr


@pytest.mark.parametrize("trigger", ["csv:read", "file:lines", "file:json"])
def test_a_file_that_is_not_there_is_a_warning_at_the_step(tmp_path: Path, trigger: str) -> None:
    told = check(tmp_path, trigger=trigger, url="their.csv")
    assert "warning: steps.read.fields: /url: their.csv: there is no such file. Did you mean there.csv?" in told
    assert "there is no such file" not in check(tmp_path, trigger=trigger)
    assert "there is no such file" not in check(tmp_path, trigger=trigger, url="'https://127.0.0.1:9/x.csv'")


def test_who_asks_for_the_cost_hears_why_it_is_not_known(tmp_path: Path) -> None:
    assert "the cost is not known: no sample leads to a step that has a price" in check(tmp_path, "--messages", "10")
    assert "the cost is not known" not in check(tmp_path)
    told = check(tmp_path, "--messages", "10", sample=", sample: {text: Hello}")
    assert "the cost is not known" not in told
    assert "ask: " in told
