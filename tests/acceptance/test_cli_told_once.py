"""What is wrong in one place is told once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support.command_line import pysailor

if TYPE_CHECKING:
    from pathlib import Path


BODY = {"messages": [{"role": "user", "content": "Hi"}], "temprature": 1}


def test_a_misspelled_field_that_is_an_error_is_not_a_warning_too(tmp_path: Path) -> None:
    sample = tmp_path / "a.json"
    sample.write_text(json.dumps({"msg": {"body": BODY}}))
    done = pysailor("check", "sendRequest", str(sample), "--cfg", "strict=true", "--cfg", "model=gpt-5.2")
    report = json.loads(done.stdout)
    assert [fault["pointer"] for fault in report["errors"]] == ["/temprature"]
    assert report["warnings"] == []


def test_a_setting_that_is_wrong_is_not_called_missing_too(tmp_path: Path) -> None:
    sample = tmp_path / "a.json"
    sample.write_text(json.dumps({"msg": {"body": {"prompt": "Hi"}}}))
    cfg = ("--cfg", "answerAs=schema", "--cfg", "schema=7x int", "--cfg", "model=gpt-5.2", "--cfg", "apiKey=k")
    done = pysailor("process", "ask", str(sample), *cfg)
    assert done.returncode == 1
    assert done.stderr.count("/cfg/schema") == 1
