"""`pysailor flow` at the command line: what it prints, what it leaves behind, and its exit codes."""

from __future__ import annotations

import json
import shlex
import socket
from pathlib import Path
from typing import Any

import pytest

from pysailor.cli import main

ROOT = Path(__file__).parents[3]
STEPS = "  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a, map: {n: n, text: $getFlowVariables().who}}\n"
VARIABLE = "variables: {who: Ann}\n"


def last(at: Path) -> Path:
    return max((at / ".pysailor" / "runs").iterdir(), key=lambda path: path.stat().st_mtime)


def test_a_run_prints_results_and_leaves_its_ledger(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "run", "flow.yaml", "-o", "-", "--set", "who=Bob", "--set", "a.count=2"]) == 0

    printed = capsys.readouterr()
    assert [json.loads(line)["text"] for line in printed.out.splitlines()] == ["Bob", "Bob"]
    assert "all done: 2 messages" in printed.err
    about = json.loads((last(at) / "run.json").read_text())
    assert [about["outcome"], about["messages"], about["steps"]["b"]["done"]] == ["done", 2, 2]
    assert main(["flow", "report", "-o", "-"]) == 0
    assert "2 messages, half of them within" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "flow.yaml", "--set", "whoo=x"], 'no variable "whoo"; did you mean who?'),
        (["run", "flow.yaml", "--set", "c.n=x"], 'no step "c"'),
        (["run", "--resume", "nothing"], 'there is no run "nothing"'),
        (["run", "flow.yaml", "--retry-failed"], "--retry-failed goes with --resume"),
        (["run"], "which flow?"),
        (["check", "flow.yml"], "did you mean flow.yaml?"),
        (["report", "nothing"], 'there is no run "nothing"'),
        (["draw", "nothing.yaml"], "cannot be read"),
    ],
)
def test_what_is_used_wrongly_is_told(
    at: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    assert main(["flow", *arguments]) in (1, 2)
    printed = capsys.readouterr()
    assert said in printed.err + printed.out


def test_a_changed_flow_is_not_gone_on_with(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "run", "flow.yaml", "--set", "b.fail=2"]) == 1
    with (at / "flow.yaml").open("a") as file:
        file.write("  c: {run: 'w:work', after: b}\n")

    assert main(["flow", "run", "--resume", "last"]) == 1

    assert "is not the flow of the run" in capsys.readouterr().err


def test_a_flow_that_cannot_be_run_leaves_no_run_behind(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (at / "flow.yaml").read_text()
    (at / "flow.yaml").write_text(text.replace("n: n", "n: n +"))

    assert main(["flow", "run", "flow.yaml"]) == 1

    assert "flow.yaml:7:" in capsys.readouterr().err
    assert not (at / ".pysailor").exists()


def test_a_run_that_is_done_is_not_begun_again(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "run", "flow.yaml"]) == 0

    assert main(["flow", "run", "--resume", "last"]) == 1

    assert "is done; there is nothing left to go on with" in capsys.readouterr().err


def test_a_check_tells_all_that_is_wrong(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "check", "flow.yaml"]) == 0
    text = (at / "flow.yaml").read_text()
    (at / "flow.yaml").write_text(text.replace("n: n", "n: nn +"))

    assert main(["flow", "check", "flow.yaml", "--json"]) == 1

    (finding,) = json.loads(capsys.readouterr().out)
    assert [finding["line"], finding["path"]] == [7, "steps.b.map.n"]


@pytest.mark.parametrize("file", sorted((ROOT / "flows").glob("*.yaml")), ids=lambda path: path.name)
def test_every_flow_of_the_repository_is_in_order(
    file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("MAIL_HOST", "127.0.0.1")
    monkeypatch.setenv("MAIL_FROM", "support@example.com")

    assert main(["flow", "check", str(file), "--sandbox"]) == 0, capsys.readouterr().out


def test_the_summaries_flow_runs_against_the_sandbox(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)

    assert main(["flow", "run", "flows/summaries.yaml", "--sandbox", "--runs", str(tmp_path), "-o", "-"]) == 0

    answers = [json.loads(line)["answer"] for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 3
    assert any("Invoice twice" in answer for answer in answers)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["-o", "no/such.jsonl"], "there is no folder no"),
        (["-o", "."], "is a folder; name a file"),
        (["--set", "b.tga=x"], "work has no such field; did you mean tag"),
    ],
)
def test_what_is_bound_to_fail_is_refused_before_anything_is_asked(
    at: Path, capsys: pytest.CaptureFixture[str], options: list[str], said: str
) -> None:
    assert main(["flow", "run", "flow.yaml", *options]) in (1, 2)

    assert said in capsys.readouterr().err
    assert not (at / ".pysailor").exists()


def test_a_check_finds_what_is_wrong_in_cases_too(flow: Any, at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flow(STEPS, VARIABLE + "tests: [{expect: {z: nothing}}]\n")

    assert main(["flow", "check", "flow.yaml"]) == 1

    assert "tests.0.expect.z: there is no such step" in capsys.readouterr().out


WRONG_TYPE = "  a: {run: 'w:numbers', sample: {n: 1, text: row}}\n  b: {run: 'w:strict', after: a, map: {need: n}}\n"


@pytest.mark.usefixtures("strict")
@pytest.mark.parametrize("command", [["run"], ["start", "--as", "compose"]])
def test_what_a_check_refuses_is_not_begun(
    flow: Any, at: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    flow(WRONG_TYPE)
    assert main(["flow", "check", "flow.yaml"]) == 1
    told = capsys.readouterr().out.strip()

    assert main(["flow", command[0], "flow.yaml", *command[1:]]) == 1

    assert told.splitlines()[-1] in capsys.readouterr().err
    assert not (at / ".pysailor").exists()
    assert main(["flow", command[0], "flow.yaml", *command[1:], "--force"]) in (0, 1)
    assert "warning: steps.b.map.need: gives number; b takes string" in capsys.readouterr().err


def test_a_step_that_listens_says_where_and_how_to_try_it(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        (at / "hook.yaml").write_text(
            "flow: 1\nname: Hook\ncomponents: {webhook: {builtin: webhook}, router: {builtin: router}}\nsteps:\n"
            f"  hook: {{run: 'webhook:receive', fields: {{port: {port}}}, sample: {{say: it's, _url: /x}}}}\n"
            "  on: {run: 'router:route', after: hook}\n"
        )
        assert main(["flow", "run", "hook.yaml"]) == 1

    told = capsys.readouterr().err
    line = next(line for line in told.splitlines() if "takes requests at" in line)
    command = shlex.split(line.partition("try: ")[2])
    assert line.startswith(f"# hook takes requests at http://127.0.0.1:{port}/;")
    assert command[:2] == ["curl", f"http://127.0.0.1:{port}/"]
    assert json.loads(command[-1]) == {"say": "it's"}
