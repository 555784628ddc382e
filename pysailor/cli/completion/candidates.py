"""What may stand where the cursor is: found in the parser of the commands, and in the component."""

from __future__ import annotations

import argparse
import re
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from pysailor.component.component import Component
from pysailor.errors import SailorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pysailor.component.descriptor import Field

    BuildParser = Callable[[Sequence[str]], argparse.ArgumentParser]

Candidate = tuple[str, str]
"""A word, and what it means, "" if that is plain."""

_SIGNS = re.compile(r"[=:]+")
_SPECIAL = re.compile(r"""([\s"'\\$`&;|<>()*?\[\]{}!#~])""")
_ENDLESS = ("*", "+", argparse.REMAINDER)
_YES_NO = {"CheckBoxView": ("true", "false")}


def complete(words: Sequence[str], build_parser: BuildParser, *, is_split_at_signs: bool = False) -> list[Candidate]:
    """Return what the last word may become; nothing where the shell should offer files.

    bash splits words at = and :, and replaces what stands behind the last of them only.
    """
    whole = _join_at_signs(words) if is_split_at_signs else list(words)
    line = _read(whole[:-1], build_parser)
    current = whole[-1]
    found = [each for each in line.candidates(current) if each[0].startswith(current)] if line else []
    if not is_split_at_signs:
        return found
    behind = max(current.rfind("="), current.rfind(":")) + 1
    return [(_SPECIAL.sub(r"\\\1", word[behind:]), about) for word, about in found]


def _join_at_signs(words: Sequence[str]) -> list[str]:
    joined: list[str] = []
    for place, word in enumerate(words):
        is_behind = place > 0 and _SIGNS.fullmatch(words[place - 1])
        if joined and (is_behind or _SIGNS.fullmatch(word)):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


@dataclass
class Line:
    """A command line as far as it is written."""

    parser: argparse.ArgumentParser
    given: dict[str, str] = field(default_factory=dict)
    """What stands in it, by the name of the argument."""
    open_option: argparse.Action | None = None
    """The option whose value comes next."""
    is_options_over: bool = False
    _places: list[argparse.Action] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with the parser's first place."""
        self._places = [action for action in _actions(self.parser) if not action.option_strings]

    def take(self, word: str) -> bool:
        """Take one more word; return whether it can be understood."""
        if self.open_option:
            self.given[self.open_option.dest] = word
            self.open_option = None
        elif word == "--" and not self.is_options_over:
            self.is_options_over = True
        elif word.startswith("-") and word != "-" and not self.is_options_over:
            self._take_option(word)
        elif self._places:
            return self._take_place(word)
        return True

    def _take_option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        option = _options(self.parser).get(name)
        if option is None or option.nargs == 0:
            return
        if equals:
            self.given[option.dest] = value
        else:
            self.open_option = option

    def _take_place(self, word: str) -> bool:
        place = self._places[0]
        if isinstance(place, argparse._SubParsersAction):  # noqa: SLF001 - argparse tells of its commands in no other way
            if word not in place.choices:
                return False
            self.parser = place.choices[word]
            self.given["command"] = word
            self.__post_init__()
            return True
        self.given[place.dest] = word
        if place.nargs not in _ENDLESS:
            self._places.pop(0)
        return True

    def candidates(self, current: str) -> Iterator[Candidate]:
        """Yield what may stand next."""
        name, equals, value = current.partition("=")
        if self.open_option:
            yield from self._values(self.open_option, current)
        elif current.startswith("-") and not self.is_options_over:
            if not equals:
                yield from self._option_names()
            elif option := _options(self.parser).get(name):
                yield from ((f"{name}={word}", about) for word, about in self._values(option, value))
        elif self._places:
            yield from self._values(self._places[0], current)

    def _option_names(self) -> Iterator[Candidate]:
        for name, option in _options(self.parser).items():
            if name.startswith("--") and option.help != argparse.SUPPRESS:
                yield name, _first_line(option.help)

    def _values(self, action: argparse.Action, current: str) -> Iterator[Candidate]:
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            yield from ((choice.dest, _first_line(choice.help)) for choice in action._choices_actions)  # noqa: SLF001
        elif action.choices:
            yield from ((str(choice), "") for choice in action.choices)
        else:
            with suppress(SailorError, OSError):  # of a component that cannot be loaded nothing is known
                yield from self._known_to_the_component(action, current)

    def _known_to_the_component(self, action: argparse.Action, current: str) -> Iterator[Candidate]:
        component = Component.find(self.given.get("component"))
        if action.metavar == "FUNCTION":
            yield from ((each.name, each.title) for each in component.descriptor.functions)
        elif action.metavar == "FIELD":
            yield from ((each.name, each.label) for each in self._fields(component) if each.model)
        elif action.dest == "cfg":
            yield from _settings(self._fields(component), current)
        elif action.metavar == "SAMPLE":
            yield from _samples(component.root, self.given.get("function", ""))
        elif action.dest == "scenario":
            yield from getattr(component.cli, "SCENARIOS", {}).items()
        elif action.metavar == "ERROR":
            from pysailor.explain import explanations  # noqa: PLC0415 - imports the component's own code

            yield from ((each.code, each.meaning) for each in explanations(component))

    def _fields(self, component: Component) -> tuple[Field, ...]:
        """Return the fields of the function that is named, and of the credential."""
        name = self.given.get("function", self.given.get("command"))  # a command that is one function has its name
        named = (each.fields for each in component.descriptor.functions if each.name == name)
        return (*next(named, ()), *component.descriptor.credentials)


def _read(words: Iterable[str], build_parser: BuildParser) -> Line | None:
    """Return the line; None if it has a command that is unknown."""
    known = list(words)
    directory = [word for pair in pairwise(known) if pair[0] == "--component" for word in pair]
    line = Line(build_parser(directory))
    return line if all(line.take(word) for word in known) else None


def _settings(fields: Iterable[Field], current: str) -> Iterator[Candidate]:
    """Yield the names of fields; behind the name of one that has choices, those."""
    name, equals, _ = current.partition("=")
    for each in fields:
        if not equals:
            yield f"{each.name}=", each.label
        elif each.name == name:
            choices = (
                each.model if isinstance(each.model, dict) else dict.fromkeys(_YES_NO.get(each.view_class, ()), "")
            )
            yield from ((f"{name}={choice}", str(label)) for choice, label in choices.items())


def _samples(root: Path, function: str) -> Iterator[Candidate]:
    """Yield the paths of the function's samples, as they are named from here."""
    here = Path.cwd()
    for file in sorted((root / "samples" / function).glob("*.json")):
        yield str(file.relative_to(here) if file.is_relative_to(here) else file), ""


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001 - argparse tells of its arguments in no other way


def _options(parser: argparse.ArgumentParser) -> dict[str, argparse.Action]:
    return {name: action for action in _actions(parser) for name in action.option_strings}


def _first_line(text: str | None) -> str:
    return " ".join((text or "").split())
