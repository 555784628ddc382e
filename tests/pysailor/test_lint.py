"""What lint finds in a declaration and in the code that it names."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.cli import main
from pysailor.component.component import Component
from pysailor.lint import lint

from .conftest import DECLARED, ECHO, VERIFY, MakeComponent

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Change = Callable[[dict[str, Any]], Any]

FIELDS = "/actions/echo/fields"


def fields(declared: dict[str, Any]) -> Any:
    return declared["actions"]["echo"]["fields"]


def found(make_component: MakeComponent, change: Change, **files: str) -> list[str]:
    declared = copy.deepcopy(DECLARED)
    change(declared)
    return [str(fault) for fault in lint(make_component(declared, **files))]


def nothing(declared: dict[str, Any]) -> None:
    """Leave the declaration as it is."""


def test_a_component_in_order_has_no_faults(echo: Path) -> None:
    assert lint(echo) == []


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            lambda d: fields(d)["times"].update(requird=True),
            f"{FIELDS}/times/requird: is not known here; did you mean required?",
        ),
        (
            lambda d: d.update(envVars={"A": {"requird": True}}),
            "/envVars/A/requird: is not known here; did you mean required?",
        ),
        (lambda d: d.update(action={}), "/action: is not known here; did you mean actions?"),
        (lambda d: d.update(actions=[]), "/actions: found an empty list, allowed: an object"),
        (
            lambda d: d.update(actions={}),
            "/actions: is missing or empty; a component has at least one action or trigger",
        ),
        (lambda d: d.pop("actions"), "/actions: is missing or empty"),
        (lambda d: d.update(credentials=1), "/credentials: found 1, allowed: an object"),
        (lambda d: fields(d).update(times=[]), f"{FIELDS}/times: found an empty list, allowed: an object"),
        (
            lambda d: fields(d)["times"].update(required="yes"),
            f'{FIELDS}/times/required: found text "yes", allowed: true or false',
        ),
        (
            lambda d: d["actions"]["echo"]["metadata"].update({"in": 7}),
            "/actions/echo/metadata/in: found 7, allowed: an object or text",
        ),
        (lambda d: d.update(envVars=["A"]), "/envVars: found a list of 1, allowed: an object"),
        (lambda d: d.update(envVars={"A": "text"}), '/envVars/A: found text "text", allowed: an object'),
        (
            lambda d: [fields(d)[name].update(order=3) for name in ("times", "tone")],
            f"{FIELDS}/tone/order: is 3, as that of times",
        ),
        (lambda d: fields(d)["times"].update(default=True), f"{FIELDS}/times/default: must be text or a number"),
        (
            lambda d: fields(d)["times"].update(viewClass="CheckBoxView"),
            f"{FIELDS}/times/default: must be true or false",
        ),
        (
            lambda d: fields(d)["tone"].update(viewClass="MultiSelectView", default="loud"),
            f"{FIELDS}/tone/default: must be a list",
        ),
        (
            lambda d: fields(d)["tone"].update(model={"a": "A"}, default="b"),
            f"{FIELDS}/tone/default: must be one of the choices: a",
        ),
        (lambda d: d["actions"]["echo"].pop("metadata"), "/actions/echo/metadata/in: is missing"),
    ],
)
def test_each_mistake_is_one_line_at_its_place(make_component: MakeComponent, change: Change, line: str) -> None:
    lines = found(make_component, change)
    assert lines[0].startswith(line)
    assert [each for each in lines if each.partition(": ")[0] == line.partition(": ")[0]] == lines[:1]


def several(declared: dict[str, Any]) -> None:
    """Make mistakes of every depth."""
    del declared["title"], fields(declared)["tone"]["viewClass"]
    declared["envVars"] = []
    fields(declared)["times"] = 7
    declared["actions"]["echo"].update(description="", main="./lib/ech.py")
    declared["actions"]["echo"]["metadata"]["in"] = 7
    del declared["actions"]["echo"]["metadata"]["out"]["properties"]["word"]["title"]
    declared["credentials"]["fields"]["password"]["viewClass"] = "TextFieldView"


def test_all_mistakes_are_told_at_once(make_component: MakeComponent) -> None:
    assert [line.partition(": ")[0] for line in found(make_component, several)] == [
        f"{FIELDS}/times",
        f"{FIELDS}/tone/viewClass",
        "/actions/echo/metadata/in",
        "/envVars",
        "/title",
        "/credentials/fields/password/viewClass",
        "/actions/echo/description",
        "/actions/echo/main",
        "/actions/echo/metadata/out/properties/word",
    ]


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda d: d["actions"]["echo"].pop("main"), "/actions/echo/main: is missing"),
        (lambda d: fields(d)["tone"].update(model=7), f"{FIELDS}/tone/model: found 7"),
        (lambda d: fields(d)["tone"].update(require=["times", 7]), f"{FIELDS}/tone/require/1: found 7"),
        (lambda d: d.update(credentials=7), "/credentials: found 7"),
    ],
)
def test_what_follows_from_a_mistake_is_not_told_beside_it(
    make_component: MakeComponent, change: Change, line: str
) -> None:
    (told,) = found(make_component, change)
    assert told.startswith(line)


def test_code_that_cannot_be_loaded_hides_neither_fields_nor_schemas(make_component: MakeComponent) -> None:
    def change(declared: dict[str, Any]) -> None:
        fields(declared)["times"].pop("help")
        word(declared).pop("title")

    assert [line.partition(": ")[0] for line in found(make_component, change, echo="def process(:")] == [
        "/actions/echo/main",
        f"{FIELDS}/times/help",
        WORD,
    ]


def test_a_key_that_nobody_knows_does_not_keep_a_component_from_starting(make_component: MakeComponent) -> None:
    declared = copy.deepcopy(DECLARED)
    declared["new_in_the_platform"] = True
    assert Component(make_component(declared)).descriptor.title == "Echo"


def test_a_trigger_takes_nothing_and_need_not_say_so(make_component: MakeComponent) -> None:
    def trigger(declared: dict[str, Any]) -> None:
        declared["triggers"] = {"listen": declared["actions"].pop("echo")}
        del declared["triggers"]["listen"]["metadata"]["in"]

    assert found(make_component, trigger) == []


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("def init(cfg): ...", "/actions/echo/main: init(cfg) cannot be called with (cfg, ctx)"),
        ("def startup(): ...", "/actions/echo/main: startup() cannot be called with (cfg, ctx)"),
        (
            "def shutdown(cfg, data): ...",
            "/actions/echo/main: shutdown(cfg, data) cannot be called with (cfg, started, ctx)",
        ),
        (
            "def check(msg, cfg): ...",
            "/actions/echo/main: check(msg, cfg) cannot be called with (msg, cfg, snapshot, ctx)",
        ),
        ("def preview(msg): ...", "/actions/echo/main: preview(msg) cannot be called with (msg, cfg, ctx)"),
        ("def tones(cfg): ...", f"{FIELDS}/tone/model: tones(cfg) cannot be called with (cfg, ctx)"),
        ("def tones(cfg, ctx): yield", f"{FIELDS}/tone/model: tones yields; only process may"),
        ("async def tones(cfg, ctx): ...", f"{FIELDS}/tone/model: tones is async; the runtime calls plain functions"),
        ("def process(msg, cfg): ...", "/actions/echo/main: process(msg, cfg) cannot be called with"),
        ("async def process(msg, cfg, snapshot, ctx): ...", "/actions/echo/main: process is async"),
        ("async def process(msg, cfg, snapshot, ctx): yield", "/actions/echo/main: process is async"),
        ("init = 3", "/actions/echo/main: init is not a function"),
    ],
)
def test_a_function_that_could_not_be_called_is_found(make_component: MakeComponent, code: str, line: str) -> None:
    (told,) = found(make_component, nothing, echo=f"{ECHO}\n\n{code}\n")
    assert told.startswith(line)


@pytest.mark.parametrize("code", ["def init(*args): ...", "def init(cfg, ctx, more=1): ...", "init = print"])
def test_a_function_that_can_be_called_is_fine(make_component: MakeComponent, code: str) -> None:
    assert found(make_component, nothing, echo=f"{ECHO}\n\n{code}\n") == []


def test_the_verifier_is_looked_at_too(make_component: MakeComponent) -> None:
    code = VERIFY.replace("(cfg, ctx)", "(cfg)")
    (line,) = found(make_component, nothing, verify=code)
    assert line == "/credentials/verifier: verify(cfg) cannot be called with (cfg, ctx)"


def test_away_from_a_component_lint_names_the_one_that_it_looks_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    main(["lint"])
    first, *_ = capsys.readouterr().err.splitlines()
    assert first.startswith("# component: /")


def test_an_editor_gets_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--schema"]) == 0
    schema = json.loads(capsys.readouterr().out)
    assert schema["$id"]
    assert schema["additionalProperties"] is False
    assert all("title" in member for member in schema["properties"].values())
    assert all("title" in member for member in schema["$defs"]["field"]["properties"].values())


def word(declared: dict[str, Any]) -> Any:
    return declared["actions"]["echo"]["metadata"]["in"]["properties"]["word"]


JSON_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
WORD = "/actions/echo/metadata/in/properties/word"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda d: word(d).update(requird=True), f"{WORD}/requird: is not known here; did you mean required?"),
        (lambda d: word(d).update(minLenght=1), f"{WORD}/minLenght: is not known here; did you mean minLength?"),
        (lambda d: word(d).update(required="true"), f'{WORD}/required: found "true", allowed: true or false'),
        (lambda d: word(d).update(help="One."), f'{WORD}/help: must be an object: {{"description": "…"}}'),
        (
            lambda d: word(d).update(type="strin"),
            f'{WORD}/type: found "strin", allowed: {", ".join(JSON_TYPES)}, or a list of these',
        ),
        (lambda d: fields(d)["times"].update(order="1"), f'{FIELDS}/times/order: found text "1", allowed: a number'),
        (
            lambda d: fields(d)["times"].update(require=["tune"]),
            f'{FIELDS}/times/require: names "tune", but there is no such field',
        ),
    ],
)
def test_a_slip_is_told_in_one_line_at_its_place(make_component: MakeComponent, change: Change, line: str) -> None:
    assert found(make_component, change) == [line]


def test_keywords_of_others_are_left_alone(make_component: MakeComponent) -> None:
    assert found(make_component, lambda d: word(d).update({"x-order": 1, "ui": {}})) == []


def test_a_comma_that_is_missing_is_told_in_plain_words(echo: Path) -> None:
    file = echo / "component.json"
    file.write_text(file.read_text().replace(",", "", 1))
    (fault,) = lint(echo)
    assert fault.message.startswith("cannot be read as JSON: line ")
    assert fault.message.endswith(": a comma or a closing bracket is missing here")


def test_a_key_that_comes_twice_is_told(echo: Path) -> None:
    file = echo / "component.json"
    file.write_text(file.read_text(encoding="utf-8").replace("{", '{"title": "First", ', 1), encoding="utf-8")
    assert [str(fault) for fault in lint(echo)] == [
        'component.json: has the key "title" twice in one object; the last one counts'
    ]


def test_lint_says_at_which_component_it_looked(echo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lint", "--component", str(echo)]) == 0
    assert capsys.readouterr().err == f"{echo}: in order\n"
