"""What the command line says of what was typed or written wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.command_line import HELLO, pysailor

if TYPE_CHECKING:
    from pathlib import Path

    from lib.offline.sandbox import Sandbox


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("process", "sendRequest", "nowhere.json"), 2, "nowhere.json cannot be read"),
        (("process", "sendRequest", "README.md"), 2, "README.md is not valid JSON"),
        (("process", "sendRequest", "component.json"), 2, "component.json is not a sample"),
        (("process", "shout", HELLO), 2, '"shout" is not a function; choose from sendRequest, ask'),
        (("process", HELLO), 2, f'"{HELLO}" is not a function; choose from sendRequest, ask'),
        (("process", "sendRequest"), 2, "which sample?"),
        (("process", "sendRequest", HELLO, "--cfg", "modle=x"), 2, 'there is no field "modle"; did you mean model?'),
        (("verify", "--cfg", "apikey=x"), 2, 'there is no field "apikey"; did you mean apiKey?'),
        (("verify",), 2, "no API Key is set; nothing to verify. Give one: --cfg apiKey=… or OPENAI_API_KEY"),
        (("select", "sendRequest", "modle"), 2, "did you mean model?"),
        (("sandbox", "--port", "99999"), 2, '"99999" is not a valid port'),
        (("chat", "x.yaml", "--port", "-1"), 2, '"-1" is not a valid port'),
        (("process", "sendRequest", HELLO, "--cfg", "apiKey"), 2, '"apiKey" is not KEY=VALUE'),
        (("process", "sendRequest", HELLO, "--cfg", "baseUrl=http://127.0.0.1:9/v1"), 1, '/cfg/apiKey: "API Key" is m'),
        (("--component", "docs", "lint"), 1, ""),
        (("select", "sendRequest", "timeout", "--cfg", "apiKey=k"), 2, "not a select field"),
        (
            ("process", "ask", "--body", "prompt=x", "--attach", "ftp://x/y.png"),
            2,
            "is not the address of an attachment",
        ),
        (("conversations", "list", "--store", "x"), 1, "pysailor conversations: Conversations cannot be kept"),
        (("explain", "over_budget", "timeout", "nonsense"), 2, 'no error fits "nonsense"'),
        (("process", "sendRequest", "docs"), 2, "docs is a folder; name a file in it"),
        (("process", "sendRequest", "logo.png"), 2, "give it with --attach logo.png"),
        (("process", "sendRequest", HELLO, "--sandbox", "--api"), 2, "give one of the two"),
        (("--component", "docs", "meta", "sendRequest"), 1, "There is no component.json in "),
        (("process", "ask", "--body", "prompt=x", "--record", "a", "--replay", "b"), 2, "give one of the two"),
        (("process", "ask", "--body", "prompt=x", "--replay", "nowhere"), 2, "there is no such folder; record one"),
        (("check", "ask", "--component", "nowhere"), 2, "--component nowhere: there is no such directory"),
        (("ask", "x", "--cfg", "temperature=5"), 2, "the fields are apiKey, "),
        (("process", "embed", "--local", "--body", "text=x"), 2, "has chat only; use --sandbox"),
        (("process", "moderate", "--local", "--body", "text=x"), 2, "has chat only; use --sandbox"),
        (("service", "verfy"), 2, '"verfy" is not a method; choose from verifyCredentials, selectModel'),
        (("nonsense",), 2, "invalid choice"),
        ((), 2, "COMMAND"),
    ],
)
def test_what_was_typed_wrong_is_told_in_one_line(arguments: tuple[str, ...], code: int, told: str) -> None:
    done = pysailor(*arguments)
    assert done.returncode == code
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_a_key_that_is_blank_is_none(blank: str) -> None:
    done = pysailor("verify", OPENAI_API_KEY=blank, OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert (done.returncode, "no API Key is set; nothing to verify" in done.stderr) == (2, True)
    assert pysailor("verify", "--cfg", f"apiKey={blank}").returncode == 2


def test_a_dead_server_and_a_wrong_key_are_told_without_the_key(sandbox: Sandbox) -> None:
    wrong = ("--cfg", f"baseUrl={sandbox.base_url}", "--cfg", "apiKey=sk-secret-1234", "--cfg", "model=m")
    done = pysailor("process", "sendRequest", HELLO, *wrong)
    assert done.returncode == 1
    assert "KeyRefused" in done.stderr
    assert "sk-secret-1234" not in done.stderr
    assert pysailor("verify", *wrong).returncode == 1


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "standard input is empty"),
        ('{"msg": }', "standard input is not valid JSON: line 1, column 9: a value is missing here"),
        ('{"msg": 1,\n}', "line 2, column 1: a name in double quotes is missing here"),
        ('{"cfg": {}}', "standard input is not a sample: msg is missing"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_sample_is_told_in_plain_words(text: str, told: str) -> None:
    for command in ("check", "process"):
        done = pysailor(command, "sendRequest", "-", given=text)
        assert done.returncode == 2
        assert told in done.stdout + done.stderr


def test_a_broken_component_json_is_told(tmp_path: Path) -> None:
    (tmp_path / "component.json").write_text("{")
    for command in (("lint",), ("meta", "sendRequest")):
        done = pysailor(*command, cwd=tmp_path)
        assert done.returncode == 1
        assert "JSON" in done.stdout + done.stderr
        assert "Traceback" not in done.stderr


def test_a_port_that_is_taken_is_named(sandbox: Sandbox) -> None:
    for server in ("sandbox", "local"):
        done = pysailor(server, "--port", str(sandbox.port))
        assert done.returncode == 1
        assert (
            f"port {sandbox.port} cannot be taken: Address already in use; choose another" in done.stderr
            or "not installed" in done.stderr
        )


COMMANDS = ["process", "check", "verify", "select", "meta", "lint", "docs", "sandbox", "local", "run", "service"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    done = pysailor(command, "--help")
    assert done.returncode == 0
    assert f"pysailor {command}" in done.stdout.split("example")[1]


def test_lint_and_docs_find_the_repository_in_order() -> None:
    assert pysailor("lint").returncode == 0
    assert pysailor("docs", "--check").returncode == 0
