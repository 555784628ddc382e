"""The parser: options anywhere, help in either form, one place for all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main
from pysailor.cli.parser import build_parser, to_front

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "words",
    [
        "process echo a.json b.json --cfg x=1 --cfg y=2 -v",
        "process --cfg x=1 echo a.json --cfg y=2 -v b.json",
        "--cfg x=1 -v process echo a.json --cfg=y=2 b.json",
        "--cfg x=1 -v --cfg y=2 process echo a.json b.json",
    ],
)
def test_the_same_words_in_any_order_mean_the_same(echo: Path, words: str) -> None:
    arguments = ["--component", str(echo), *words.split()]
    parser = build_parser(arguments)
    args = parser.parse_args(to_front(parser, arguments))
    assert (args.command, args.function, args.samples) == ("process", "echo", ["a.json", "b.json"])
    assert args.cfg == [("x", "1"), ("y", "2")]
    assert args.verbose
    assert args.component == str(echo)


def test_the_value_of_an_option_is_not_taken_for_the_command(echo: Path) -> None:
    arguments = ["--component", str(echo), "--cfg", "process=1", "check", "echo", "x.json"]
    parser = build_parser(arguments)
    assert to_front(parser, arguments)[0] == "check"


@pytest.mark.parametrize(("typed", "meant"), [("help", "--help"), ("help process", "process --help")])
def test_help_may_be_a_word(typed: str, meant: str, capsys: pytest.CaptureFixture[str], echo: Path) -> None:
    texts = []
    for words in (typed, meant):
        arguments = ["--component", str(echo), *words.split()]
        parser = build_parser(arguments)
        with pytest.raises(SystemExit):
            parser.parse_args(to_front(parser, arguments))
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]


def test_what_stands_behind_two_hyphens_is_no_option(echo: Path) -> None:
    arguments = ["--component", str(echo), "process", "echo", "--", "--pretty"]
    parser = build_parser(arguments)
    args = parser.parse_args(to_front(parser, arguments))
    assert (args.samples, args.pretty) == (["--pretty"], False)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("completion", "required: SHELL (bash, zsh, fish)"),
        ("budget", "required: WHAT (show, set, reset)"),
        ("process", "required: FUNCTION\n"),
    ],
)
def test_what_is_missing_is_told_with_its_choices(command: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command])
    assert told in capsys.readouterr().err


def test_a_command_of_another_component_is_told_where_to_look(echo: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--component", str(echo), "budget"])
    assert "a component may add its own: name its directory with --component DIR" in capsys.readouterr().err
