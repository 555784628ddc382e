"""The command line as people type it: options anywhere, messages from words and files, who answers."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lib.cli import WORDS_HERE
from lib.completions.request import _MISSING
from lib.errors.catalog import CATALOG
from tests.support.command_line import HELLO, ROOT, at, pysailor

if TYPE_CHECKING:
    from pathlib import Path

    from lib.offline.sandbox import Sandbox

ANSWER = "(sandbox, not a model) You asked: “Why?” A model would answer here.\n"
KEY = "sk-of-the-real-service"
REAL = {"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "gpt-4.1", "OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}


@pytest.mark.parametrize(
    "words",
    [
        ("ask", "Why?", "--sandbox"),
        ("ask", "--sandbox", "Why?"),
        ("--sandbox", "ask", "Why?"),
        ("process", "ask", "--body", "prompt=Why?", "--text", "--sandbox"),
        ("process", "--text", "--body", "prompt=Why?", "ask", "--sandbox"),
        ("--body", "prompt=Why?", "process", "--sandbox", "ask", "--text"),
        ("process", "ask", "--sandbox", "--text", "--body", '{"prompt": "Why?"}'),
    ],
    ids=" ".join,
)
def test_options_may_stand_anywhere(words: tuple[str, ...]) -> None:
    done = pysailor(*words)
    assert (done.returncode, done.stdout) == (0, ANSWER), done.stderr


@pytest.mark.parametrize("words", [("ask",), ("process", "ask", "--text"), ("process", "--text", "ask", "-")])
@pytest.mark.parametrize(
    "given", ["Why?\n", '{"prompt": "Why?"}', '{"body": {"prompt": "Why?"}}', '{"msg": {"body": {"prompt": "Why?"}}}']
)
def test_standard_input_may_be_text_a_body_a_message_or_a_sample(words: tuple[str, ...], given: str) -> None:
    done = pysailor(*words, "--sandbox", given=given)
    assert (done.returncode, done.stdout) == (0, ANSWER), done.stderr


def test_what_is_no_text_is_not_sent(sandbox: Sandbox) -> None:
    with (ROOT / "logo.png").open("rb") as picture:
        done = subprocess.run(
            [sys.executable, "-m", "pysailor", "ask", *at(sandbox)],
            cwd=ROOT,
            stdin=picture,
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (
        2,
        "standard input is not text in UTF-8; a picture or a document is given with --attach FILE\n",
    )
    assert sandbox.requests == ()


def test_one_wrong_setting_is_told_once(sandbox: Sandbox) -> None:
    wrong = ("--cfg", "answerAs=schema", "--cfg", "schema=age years old")
    assert pysailor("ask", "Why?", *wrong, *at(sandbox)).stderr.count("/cfg/schema") == 1


def test_plain_text_is_a_question_to_send_request_too() -> None:
    assert pysailor("process", "sendRequest", "--sandbox", "--text", given="Why?").stdout == ANSWER


def test_a_value_is_json_unless_the_field_takes_text(sandbox: Sandbox, tmp_path: Path) -> None:
    instructions = tmp_path / "instructions.txt"
    instructions.write_text("Be brief.\n")
    body = ("--body", "prompt=42", "--body", 'variables={"a": [1]}')
    more = ("--cfg", f"instructions=@{instructions}")
    done = pysailor("process", "ask", *body, *more, *at(sandbox))
    assert done.returncode == 0, done.stderr
    system, user = sandbox.requests[-1].body["messages"]
    assert (system["content"], user["content"]) == ("Be brief.", "42")
    pysailor("process", "ask", "--body", "prompt=@@ada", *at(sandbox), "--cfg", "instructions=@@all")
    assert [message["content"] for message in sandbox.requests[-1].body["messages"]] == ["@all", "@ada"]


def test_body_adds_to_a_sample(sandbox: Sandbox) -> None:
    done = pysailor("process", "sendRequest", HELLO, "--body", "temperature=0.5", *at(sandbox))
    assert done.returncode == 0, done.stderr
    assert sandbox.requests[-1].body["temperature"] == 0.5


@pytest.mark.parametrize(
    ("function", "file"), [("embed", "logo.png"), ("moderate", "README.md")], ids=["no files", "no such files"]
)
def test_a_file_that_would_be_left_unread_is_refused(sandbox: Sandbox, function: str, file: str) -> None:
    done = pysailor("process", function, "--body", "text=hi", "--attach", str(ROOT / file), *at(sandbox)[:4])
    assert (done.returncode, done.stdout) == (2, "")
    assert f"{function} has no use for {file}" in done.stderr


def test_a_file_on_this_machine_is_attached(sandbox: Sandbox) -> None:
    logo = ("--attach", str(ROOT / "logo.png"))
    assert pysailor("ask", "See?", *logo, *at(sandbox)).returncode == 0
    text, picture = sandbox.requests[-1].body["messages"][-1]["content"]
    assert text["text"] == "See?"
    assert picture["image_url"]["url"].startswith("data:image/png;base64,iVBOR")
    assert pysailor("process", "sendRequest", *logo, *at(sandbox), given="See?").returncode == 0
    assert sandbox.requests[-1].body["messages"][-1]["content"] == [text, picture]
    done = pysailor("ask", "See?", "--attach", "logo.jpg", "--sandbox")
    assert done.returncode == 2
    assert "logo.jpg cannot be read: No such file or directory; did you mean logo.png?" in done.stderr


def test_a_picture_is_attached_to_what_is_moderated(sandbox: Sandbox) -> None:
    logo = ("--attach", str(ROOT / "logo.png"))
    done = pysailor("process", "moderate", "--body", "text=hi", *logo, *at(sandbox)[:4])
    assert done.returncode == 0, done.stderr
    assert sandbox.requests[-1].body["input"][1]["image_url"]["url"].startswith("data:image/png;base64,")


def test_the_sandbox_answers_if_asked_whatever_key_is_set() -> None:
    for words in (
        ("ask", "Why?"),
        ("process", "sendRequest", HELLO),
        ("verify",),
        ("select", "ask", "model"),
        ("check", "sendRequest", HELLO),
    ):
        done = pysailor(*words, "--sandbox", environment=REAL)
        assert done.returncode == 0, done.stderr
        assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize("function", ["embed", "moderate"])
def test_without_a_key_the_sandbox_answers_what_the_embedded_model_cannot(function: str) -> None:
    done = pysailor("process", function, "--body", "text=Hello")
    assert done.returncode == 0, done.stderr
    assert "the sandbox (a program that behaves like the API, not a model) answers" in done.stderr


def test_a_scenario_is_played_by_the_sandbox_unless_told_otherwise() -> None:
    refusal = "samples/sendRequest/scenario-refusal.json"
    done = pysailor("process", "sendRequest", refusal, "--text", environment=REAL)
    assert (done.returncode, done.stdout) == (
        0,
        "(sandbox, not a model) I'm sorry, I can't assist with that request.\n",
    )
    assert "--api asks the real service" in done.stderr
    assert "OPENAI_API_KEY is not used" in done.stderr
    assert (
        pysailor("process", "sendRequest", refusal, "--api", "--cfg", "maxRetries=0", environment=REAL).returncode == 1
    )


def test_with_api_nothing_here_answers_and_all_that_is_missing_is_told() -> None:
    done = pysailor("process", "sendRequest", HELLO, "--api", "--cfg", "timeout=soon")
    assert done.returncode == 1
    assert '/cfg/apiKey: "API Key" is missing: --cfg apiKey=… or OPENAI_API_KEY\n' in done.stderr
    assert (
        '/cfg/model: "Model" is missing: --cfg model=… or OPENAI_MODEL; pysailor select sendRequest model'
        in done.stderr
    )
    assert '/cfg/timeout: "Time limit, in seconds" takes a number' in done.stderr
    assert "fill it in" not in done.stderr


def test_all_wrong_settings_are_told_at_once_whoever_finds_them(sandbox: Sandbox) -> None:
    wrong = {"timeout": "soon", "maxRetries": "99", "maxCost": "much", "repairs": "9"}
    cfg = [word for name, value in wrong.items() for word in ("--cfg", f"{name}={value}")]
    told = pysailor("process", "sendRequest", HELLO, *cfg, *at(sandbox)).stderr
    assert [name for name in wrong if f"/cfg/{name}: " not in told] == []


def test_away_from_the_platform_no_message_speaks_of_its_forms() -> None:
    sentences = [text for spec in CATALOG.values() for text in (spec.meaning, spec.advice)]
    for text in sentences:
        for phrase, here in WORDS_HERE.items():
            text = text.replace(phrase, here)  # noqa: PLW2901 - as the command line does
        assert not re.search(r"(in|on|into) the (step|credential|form)\b", text), text
    unused = [phrase for phrase in WORDS_HERE if not any(phrase in text for text in (*sentences, _MISSING))]
    assert unused == []


def test_a_wrong_key_is_advised_on_in_the_words_of_the_command_line(sandbox: Sandbox) -> None:
    done = pysailor("verify", "--cfg", f"baseUrl={sandbox.base_url}", "--cfg", "apiKey=sk-wrong-0123456789")
    assert done.returncode == 1
    assert "into OPENAI_API_KEY or --cfg apiKey=…" in done.stderr
    assert "credential" not in done.stderr


def test_who_answers_is_one() -> None:
    done = pysailor("ask", "Why?", "--sandbox", "--api")
    assert done.returncode == 2
    assert "not allowed with" in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("proces", "ask"), "'proces' is not a command; did you mean process?"),
        (
            ("process", "aks", HELLO),
            '"aks" is not a function; choose from sendRequest, ask, embed, moderate, batchSubmit, batchCollect',
        ),
        (("process", "sendRequest", "helo"), "did you mean samples/sendRequest/hello.json?"),
        (("process", "sendRequest", "samples/sendRequest/helo.json"), "did you mean samples/sendRequest/hello.json?"),
        (("process", "sendRequest", HELLO, "--prety"), "unrecognized option --prety; did you mean --pretty?"),
        (("ask", "Why?", "--sandbx"), "did you mean --sandbox?"),
        (("process", "ask", "--cfg", "modle=m", "--cfg", "lenght=1", HELLO), "did you mean length?"),
        (("process", "ask", "--cfg", "modle=m", "--cfg", "lenght=1", HELLO), "did you mean model?"),
        (("process", "ask", "--cfg", "schema=@nowhere", HELLO), "nowhere cannot be read"),
        (("ask",), "what is the question?"),
        (("conversations", "show"), "which one to show?"),
    ],
)
def test_what_is_nearly_right_is_told_with_what_is_meant(words: tuple[str, ...], told: str) -> None:
    done = pysailor(*words)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_keys_that_a_sample_does_not_have_are_told(tmp_path: Path) -> None:
    sample = tmp_path / "sample.json"
    sample.write_text(json.dumps({"cgf": {}, "$schema": "x", "msg": {"body": {"prompt": "Why?", "promt": 1}}}))
    done = pysailor("process", "ask", str(sample), "--sandbox", "--text")
    assert done.stdout == ANSWER
    assert f'# {sample}: "cgf" is not a known key of a sample; did you mean cfg?\n' in done.stderr
    assert f"# {sample}: /promt" in done.stderr
    report = json.loads(pysailor("check", "ask", str(sample)).stdout)
    assert '"cgf" is not a known key of a sample; did you mean cfg?' in [each["message"] for each in report["warnings"]]
    sample.write_text(json.dumps({"mgs": {"body": {}}}))
    assert "did you mean msg?" in pysailor("process", "ask", str(sample)).stderr


@pytest.mark.parametrize(("scenario", "outcome"), [("truncated", "truncated"), ("refusal", "refused")])
def test_an_answer_that_is_not_whole_is_not_passed_off_as_one(sandbox: Sandbox, scenario: str, outcome: str) -> None:
    passes = ("--cfg", "onTruncated=pass", "--cfg", "onRefusal=pass")
    done = pysailor("ask", "Why?", *passes, *at(sandbox, scenario))
    assert f"# the answer is not complete: {outcome}\n" in done.stderr
    assert "not complete" not in done.stdout + pysailor("ask", "Why?", *at(sandbox)).stderr


def test_of_several_texts_each_is_named_and_all_are_summed_up() -> None:
    files = (HELLO, "samples/sendRequest/random-joke.json")
    done = pysailor("process", "sendRequest", *files, "--sandbox", "--text")
    told = done.stderr.splitlines()
    assert f"# 1/2 {HELLO}" in told
    assert f"# 2/2 {files[1]}" in told
    assert told[-1].startswith("# 2 of 2 done; 27 tokens in, 44 out; price unknown; ")
