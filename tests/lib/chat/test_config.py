"""A settings file becomes routes, or everything that is wrong with it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.chat.config.expression import Expression
from lib.chat.config.handler import handler_of
from lib.chat.config.hooks import BadHook, HookFunctions
from lib.chat.config.load import Config, load, parse
from lib.chat.config.warnings import of_models
from lib.chat.config.yaml_document import BadDocument, read
from pysailor import InvalidConfig

SAMPLES = Path(__file__).parents[3] / "samples" / "chat"


def config(text: str, **environment: str) -> Config:
    return parse(text, "chat.yaml", environment=environment, hooks=HookFunctions(), needs_key=True)


def one(kwargs: str, **environment: str) -> dict[str, Any]:
    text = f"url:\n  chat:\n    pattern: /chat\n    handler: ChatGPTHandler\n    kwargs:\n{kwargs}"
    return dict(config(text, **environment).routes[0].kwargs)


def faults(text: str, **environment: str) -> list[str]:
    with pytest.raises(InvalidConfig) as caught:
        config(text, **environment)
    return [str(fault) for fault in caught.value.faults]


def find_faults(kwargs: str) -> list[str]:
    text = f"url:\n  chat:\n    pattern: /chat\n    handler: ChatGPTHandler\n    kwargs:\n{kwargs}"
    return faults(text)


def test_the_shortest_file_of_the_handlers_guide_is_taken_as_it_is() -> None:
    kwargs = "    kwargs:\n      key: sz-...."
    text = f"url:\n  chatgpthandler:\n    pattern: /$YAMLURL/chat\n    handler: ChatGPTHandler\n{kwargs}"
    read_ = config(text)
    route = read_.routes[0]
    assert (route.name, route.address, dict(route.kwargs)) == ("chatgpthandler", "/chat", {"key": "sz-...."})


def test_an_unquoted_expression_with_a_comma_is_read_as_it_is_meant() -> None:
    kwargs = one(
        "      key: {function: handler.get_arg('key')}\n      model: {function: handler.get_arg('model', 'gpt-4')}\n"
    )
    assert isinstance(kwargs["model"], Expression)
    assert kwargs["model"].source == "handler.get_arg('model', 'gpt-4')"


def test_values_of_the_environment_are_put_in_and_a_dollar_can_be_written() -> None:
    kwargs = one("      key: $KEY\n      stop: ['$$5', '${END}']\n", KEY="sk-1", END="x")
    assert kwargs == {"key": "sk-1", "stop": ["$5", "x"]}


def test_everything_that_is_wrong_is_told_at_once_with_its_line() -> None:
    told = faults(
        """\
url:
  first:
    pattern: chat
    handler: ChatGPTHandler
    kwargs:
      key: {function: handler.get_arg('key)}
      tempature: 1
      temperature: hot
      n: 2
      max_history: -1
      stop: $NOWHERE
      logit_bias:
        50256: 300
      user: {function: handler.__class__}
      open: hooks.begin(params)
      auth: true
  second:
    pattern: /x(
    handler: ChatGPTHandler
    kwargs: {url: 'ftp://x'}
  third:
    pattern: /third
    handler: ChatGPTHandlr
"""
    )
    lines = [int(fault.split(":")[1]) for fault in told]
    assert lines == [3, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 18, 20, 20, 23]
    assert all(fault.startswith("chat.yaml:") for fault in told)
    for words in (
        "did you mean temperature?",
        "unterminated string",
        "--hooks",
        "--token",
        "no key",
        "did you mean ChatGPT",
    ):
        assert any(words in fault for fault in told), words
    assert all("allowed" in fault or "did you mean" in fault for fault in told)
    guessed = [fault for fault in told if "did you mean temperature?" in fault]
    assert [fault for fault in guessed if "allowed" in fault] == []


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("url: {a: 1, a: 2}", 1, "stands twice"),
        ("url:\n  a: !!python/object:os.system x", 2, "tag"),
        ("url:\n  a: [", 2, "not YAML"),
        ("url:\n\t- a", 2, "not YAML"),
        ("", 1, "empty"),
        ("app: {}", 1, 'no "url:"'),
        ("url: {}", 1, "no entry"),
        ("url:\n  a: {<<: {b: 1}}", 2, "<<"),
        ("url: &a [*a]", 1, "inside itself"),
        ("url:\n  x: 3", 2, "holds no settings"),
    ],
)
def test_what_is_no_settings_file_is_told_with_its_line(text: str, line: int, words: str) -> None:
    told = faults(text)
    assert told[0].startswith(f"chat.yaml:{line}:")
    assert words in told[0]


def test_yaml_holds_no_surprises() -> None:
    lines = "a: on|b: 010|c: 12:30|d: 2024-01-01|e: 1e3|f: 0.5|g: -3|h: true|i: ~|j: no|k: 0x10|l: .5|m: 1_000"
    texts = {"a": "on", "b": "010", "c": "12:30", "d": "2024-01-01", "j": "no", "k": "0x10", "m": "1_000"}
    assert read(lines.replace("|", "\n")).plain == {
        **texts,
        "e": 1000.0,
        "f": 0.5,
        "g": -3,
        "h": True,
        "i": None,
        "l": 0.5,
    }


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:{}[]&*!|>-# \n'\"~01", max_size=40))
def test_any_text_is_a_document_or_refused_and_nothing_else(text: str) -> None:
    with contextlib.suppress(BadDocument):
        read(text)


@pytest.mark.parametrize(
    "key",
    [
        "key: sk-1",
        "key:",
        "key: {function: handler.get_arg('key', 'sk-mine')}",
        "key: {function: handler.get_arg('key', '') or 'sk-mine'}",
        "key: {function: \"{'a': 'sk-mine'}[handler.get_arg('who')]\"}",
    ],
)
def test_a_key_of_the_operators_never_goes_to_an_address_of_the_visitors(key: str) -> None:
    told = find_faults(f"      {key}\n      url: {{function: handler.get_arg('url', None)}}\n")
    assert any("any server" in fault for fault in told)


@pytest.mark.parametrize("key", ["key:", "key: null", "key: ''", "key: '  '", "key: $EMPTY"])
def test_a_key_that_is_blank_counts_as_missing(key: str) -> None:
    text = f"url:\n  chat:\n    pattern: /chat\n    handler: ChatGPTHandler\n    kwargs:\n      {key}\n"
    told = faults(text, EMPTY="")
    assert len(told) == 1
    assert "no key" in told[0]


@pytest.mark.parametrize(
    "kwargs",
    [
        "key: 512345678901",
        "key: [512345678901]",
        "key: {512345678901: 1}",
        'key: "sk-512345678901\\u00e9"',
        'key: "sk-\\n512345678901"',
        "key: !!int 512345678901x",
        "key: {function: \"'512345678901'.encode()\"}",
        "key: {function: x512345678901}",
        "key: sk-1\n      temperature: $SECRET",
        "key: sk-1\n      stop: [[$SECRET]]",
        "key: sk-1\n      response_format: {type: $SECRET}",
        "key: sk-1\n      url: https://user:512345678901@host/v1",
        "key: sk-1\n      url: ftp://host/v1?api-key=512345678901",
        "key: sk-1\n      url: 'https://host/v1?key=512345678901&x= y'",
        "key: sk-1\n      url: '512345678901'",
    ],
)
def test_what_is_wrong_at_the_start_is_told_without_secrets(kwargs: str) -> None:
    text = f"url:\n  chat:\n    pattern: /chat\n    handler: ChatGPTHandler\n    kwargs:\n      {kwargs}\n"
    told = faults(text, SECRET="512345678901")  # noqa: S106 - a test's own
    assert told
    assert "512345678901" not in "".join(told)


def test_what_is_for_other_handlers_is_named_and_left_alone() -> None:
    read_ = load(SAMPLES / "beside-others.yaml", environment={"OPENAI_API_KEY": "sk-1"})
    assert [route.name for route in read_.routes] == ["chat"]
    assert len(read_.warnings) == 2
    assert "FileHandler" in read_.warnings[1]


def test_a_stand_in_needs_no_key_and_looks_at_none() -> None:
    assert load(SAMPLES / "hello.yaml", environment={}, offline=True).routes[0].kwargs["model"] == "gpt-5.4-mini"


def test_a_missing_file_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read"):
        load(tmp_path / "none.yaml", environment={})


@pytest.mark.parametrize(
    ("kwargs", "words"), [("{key: k, model: gpt-3.5-turbo}", "is shut down on"), ("{key: k}", "names no model")]
)
def test_a_model_near_its_end_and_a_missing_one_are_noticed(kwargs: str, words: str) -> None:
    read_ = config(f"url: {{a: {{pattern: /a, handler: ChatGPTHandler, kwargs: {kwargs}}}}}")
    assert words in next(of_models(read_, is_offline=False))
    assert not list(of_models(read_, is_offline=True))


def test_a_day_of_shutdown_is_told_of_the_public_api_only() -> None:
    text = "url: {a: {pattern: /a, handler: ChatGPTHandler, kwargs: {key: k, model: gpt-3.5-turbo%s}}}"
    plain, named = config(text % ""), config(text % ", url: 'https://llm.example/v1'")
    assert not list(of_models(named, is_offline=False))
    assert not list(of_models(plain, is_offline=False, base_url="https://llm.example/v1"))
    public = config(text % ", url: 'https://api.openai.com/v1/chat/completions'")
    assert list(of_models(public, is_offline=False, base_url="https://llm.example/v1"))


def test_hooks_are_found_by_either_name_and_called_with_what_they_want() -> None:
    hooks = HookFunctions.load(SAMPLES / "hooks.py")
    assert (
        hooks.hook("prepare", "hooks.without_card_numbers(message)").call(message="4111111111111111", handler=None)
        == "[number]"
    )
    assert hooks.hook("modify", "signed").arguments == ("data", "handler")


@pytest.mark.parametrize(
    ("kind", "source", "words"),
    [
        ("open", "nothing", "no function"),
        ("open", "other.begin", "no function"),
        ("open", "begin(params, handler, 3)", "allowed"),
        ("open", "begin(params=1)", "allowed"),
        ("open", "begin(", "allowed"),
        ("prepare", "without_card_numbers", "cannot be called"),
        ("modify", "a.b.c", "allowed"),
    ],
)
def test_a_hook_that_cannot_be_called_is_told(kind: str, source: str, words: str) -> None:
    with pytest.raises(BadHook, match=words):
        HookFunctions.load(SAMPLES / "hooks.py").hook(kind, source)


def test_a_file_of_hooks_that_cannot_be_loaded_is_told(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("1/0", "utf-8")
    (tmp_path / "waiting.py").write_text("async def f(params, handler): ...", "utf-8")
    with pytest.raises(BadHook, match="ZeroDivisionError"):
        HookFunctions.load(tmp_path / "broken.py")
    with pytest.raises(BadHook, match="no file"):
        HookFunctions.load(tmp_path / "none.py")
    with pytest.raises(BadHook, match="async"):
        HookFunctions.load(tmp_path / "waiting.py").hook("open", "f")


def test_a_title_that_is_a_function_is_computed_for_the_page() -> None:
    text = (
        "url:\n  help:\n    pattern: /a\n    handler: ChatGPTHandler\n    kwargs:\n      key: k\n"
        "      title: {function: handler.get_arg('name')}\n"
    )
    route = parse(text, "chat.yaml", environment={}, hooks=HookFunctions(), needs_key=True).routes[0]
    assert route.title_for(handler_of("/a", "name=Ada", [], "")) == "Ada"
    assert route.title_for(handler_of("/a", "", [], "")) == route.title == "Help"
