"""`pysailor process --record` and `--replay`, as typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_the_sandbox_answered_is_replayed_without_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "cassette")
    command = ["process", "ask", "--body", "prompt=Hello", "--text", "--cfg", "model=gpt-sandbox-2"]
    assert main([*command, "--sandbox", "--record", folder]) == 0
    recorded = capsys.readouterr()
    assert main([*command, "--replay", folder]) == 0
    replayed = capsys.readouterr()
    assert recorded.out == replayed.out
    assert f"# 1 exchange is recorded in {folder}" in recorded.err
    assert "answers" not in replayed.err


def test_a_changed_prompt_fails_with_a_diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "cassette")
    command = ["process", "ask", "--text", "--cfg", "model=gpt-sandbox-2"]
    assert main([*command, "--body", "prompt=Hello", "--sandbox", "--record", folder]) == 0
    assert main([*command, "--body", "prompt=Good day", "--replay", folder]) == 1
    told = capsys.readouterr().err
    assert "RequestNotRecorded" in told
    assert "record again with --record" in told
    assert "The service found a mistake" not in told
    assert '-      "content": "Hello",' in told
    assert '+      "content": "Good day",' in told


def test_a_whole_flow_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, runs = str(tmp_path / "cassette"), str(tmp_path / "runs")
    command = ["flow", "run", "flows/summaries.yaml", "--input", "flows/tickets.csv", "--runs", runs, "-o", "-"]
    model = ["--set", "summary.model=gpt-sandbox-2"]
    assert main([*command, *model, "--sandbox", "--record", folder]) == 0
    recorded = capsys.readouterr().out
    assert main([*command, *model, "--replay", folder]) == 0
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(recorded.splitlines())
    assert main([*command, "--set", "summary.model=gpt-sandbox-3", "--replay", folder]) == 1
    assert '-  "model": "gpt-sandbox-2"' in capsys.readouterr().err


def test_a_replay_needs_no_setting_that_the_recording_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, runs = str(tmp_path / "cassette"), str(tmp_path / "runs")
    ask = ["process", "ask", "--body", "prompt=Hello", "--text"]
    flow = ["flow", "run", "flows/summaries.yaml", "--input", "flows/tickets.csv", "--runs", runs]
    assert main([*ask, "--sandbox", "--record", folder]) == 0
    assert main([*flow, "--sandbox", "--record", folder]) == 0
    recorded = capsys.readouterr().out
    assert main([*ask, "--replay", folder]) == 0
    assert capsys.readouterr().out == recorded
    assert main([*flow, "--replay", folder]) == 0
    assert "3 messages" in capsys.readouterr().err
