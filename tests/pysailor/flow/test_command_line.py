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


@pytest.fixture
def at(flow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    flow(STEPS, VARIABLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
    ("name", "content", "numbers"),
    [
        ("in.csv", 'n;text\n1;a\n2;"b;\nc"\n', ["1", "2"]),
        ("in.jsonl", '{"n": 1}\n\n{"n": 2}\n', [1, 2]),
        ("in.json", '[{"n": 1}, {"n": 2}]', [1, 2]),
        ("in.tsv", "\ufeffn\ttext\r\n1\ta\r\n", ["1"]),
    ],
)  # fmt: skip
def test_an_input_comes_in_place_of_the_trigger(
    at: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, numbers: list[Any]
) -> None:
    (at / name).write_text(content, encoding="utf-8", newline="")

    assert main(["flow", "run", "flow.yaml", "--input", name, "-o", "-"]) == 0

    assert sorted((json.loads(line)["n"] for line in capsys.readouterr().out.splitlines()), key=str) == numbers


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("in.csv", "n,text\n1,a\n2\n", "in.csv:3: the row has 1 value, the first line names 2 columns"),
        ("in.csv", "n,n\n1,a\n", 'in.csv:1: two columns are called "n"'),
        ("in.jsonl", '{"n": 1}\n{"n": \n', "in.jsonl:2: the line is not JSON"),
        ("in.json", '[{"n": 1},\n', "in.json: "),
    ],
)
def test_a_broken_input_is_told_with_its_line_and_what_came_before_is_done(
    at: Path, capsys: pytest.CaptureFixture[str], name: str, content: str, said: str
) -> None:
    (at / name).write_text(content)

    assert main(["flow", "run", "flow.yaml", "--input", name, "-o", "out.jsonl"]) == 1

    assert said in capsys.readouterr().err


@pytest.mark.usefixtures("at")
def test_an_input_that_is_not_there_is_a_wrong_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["flow", "run", "flow.yaml", "--input", "missing.csv", "-o", "out.jsonl"]) == 2

    assert "missing.csv cannot be read" in capsys.readouterr().err


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
    ("name", "content", "said"),
    [
        ("in.csv", b"n,text\n1,a\n2\n", "in.csv:3: the row has 1 value,"),
        ("in.csv", b'n,text\n1,"a\n2,b\n', 'in.csv:2: a quote (") is opened in this row and never closed'),
        ("in.csv", b'n,text\n1,"a"b\n', 'in.csv:2: something stands behind the quote (")'),
        ("in.csv", b"n,text\r1,a\r", "in.csv:1: lines end in a carriage return alone"),
        ("in.csv", b"n,text\n1,\xe9\n", "in.csv:2: the line is not text in UTF-8"),
        (
            "in.jsonl",
            b'{"n": 1}\n{bad\n',
            "in.jsonl:2: the line is not JSON: column 2: a name in double quotes",
        ),
        ("in.jsonl", b'{"n": "\xe9"}\n', "in.jsonl:1: the line is not JSON: it is not text in UTF-8"),
        ("in.json", b'[{"n": 1},\n', "in.json: this is not JSON: line 2, column 1: a value is missing here"),
    ],
)
def test_what_is_wrong_with_an_input_is_told_with_its_place(
    at: Path, capsys: pytest.CaptureFixture[str], name: str, content: bytes, said: str
) -> None:
    (at / name).write_bytes(content)

    assert main(["flow", "run", "flow.yaml", "--input", name]) == 1

    assert said in capsys.readouterr().err


def test_an_input_with_a_typo_in_its_name_is_told_with_the_near_one(
    at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (at / "tickets.csv").write_text("n,text\n7,a\n", encoding="utf-8")

    assert main(["flow", "run", "flow.yaml", "--input", "tikets.csv"]) == 2

    assert "did you mean tickets.csv?" in capsys.readouterr().err


def test_empty_values_behind_the_last_column_are_left_out(at: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (at / "in.csv").write_text("n,text\n7,a,,\n", encoding="utf-8")

    assert main(["flow", "run", "flow.yaml", "--input", "in.csv", "-o", "-"]) == 0

    assert json.loads(capsys.readouterr().out)["n"] == "7"


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


SAMPLED = (
    "  a: {run: 'w:work', sample: {other: 1}}\n"
    "  c: {run: 'w:strict', after: a, map: {need: other}}\n  b: {run: 'w:work', after: c}\n"
)


@pytest.mark.usefixtures("strict")
def test_what_only_the_first_message_of_an_input_shows_is_a_warning(
    flow: Any, at: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flow(SAMPLED)
    (at / "in.jsonl").write_text('{"n": 1}\n{"other": "here"}\n')

    assert main(["flow", "run", "flow.yaml", "--input", "in.jsonl", "-o", "-"]) == 1  # the first one fails

    printed = capsys.readouterr()
    assert "warning: steps.c.map.other: a gives no other" in printed.err.replace("map.need", "map.other")
    assert [json.loads(line)["need"] for line in printed.out.splitlines()] == ["here"]


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


@pytest.mark.parametrize(
    ("name", "content"), [("in.csv", ""), ("in.csv", "n,text\n"), ("in.json", ""), ("in.json", "[]")]
)
def test_an_input_without_messages_is_told(
    at: Path, name: str, content: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (at / name).write_text(content)
    assert main(["flow", "run", "flow.yaml", "--force", "--input", name]) == 0
    assert f"warning: {name} holds no message, so nothing was done" in capsys.readouterr().err
