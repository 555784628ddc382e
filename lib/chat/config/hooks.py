"""Functions of the operator's own that change a conversation: `open`, `prepare`, `modify`.

They are Python, loaded at the start from the file that the operator names on the command line; a settings file can only
say which of them to call. They run on worker threads.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

TAKES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"open": ("params", "handler"), "prepare": ("message", "handler"), "modify": ("data", "handler")}
)
"""The arguments that each hook gets, by name."""


class BadHook(Exception):
    """A hook cannot be called; the text says why. Raised at the start."""


class HookFailed(Exception):
    """The operator's function raised; `name` is the function's."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class Hook:
    """A function, and the names of what it is called with."""

    name: str
    function: Callable[..., Any]
    arguments: tuple[str, ...]

    def call(self, **given: Any) -> Any:
        """Call it; raise HookFailed if it raises."""
        try:
            return self.function(*(given[name] for name in self.arguments))
        except Exception as error:
            raise HookFailed(self.name) from error


@dataclass(frozen=True, slots=True)
class HookFunctions:
    """The functions of one file; `stem` is the file's name without .py."""

    stem: str = ""
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> HookFunctions:
        """Run the file and take its functions; raise BadHook."""
        if not path.is_file():
            raise BadHook(f"there is no file {path}")
        spec = importlib.util.spec_from_file_location(path.stem, path)
        if spec is None or spec.loader is None:
            raise BadHook(f"{path} is not a Python file (.py)")
        module = importlib.util.module_from_spec(spec)
        before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            spec.loader.exec_module(module)
        except Exception as error:
            raise BadHook(f"{path} cannot be loaded: {type(error).__name__}: {error}") from error
        finally:
            sys.dont_write_bytecode = before
        functions = {name: value for name, value in vars(module).items() if inspect.isroutine(value)}
        return cls(path.stem, MappingProxyType({name: f for name, f in functions.items() if not name.startswith("_")}))

    def hook(self, kind: str, source: str) -> Hook:
        """Return the hook that the settings name: `name`, `file.name`, or a call of it; raise BadHook."""
        name, arguments = _parse_call(kind, source)
        stem, _, bare = name.rpartition(".")
        if not self.functions:
            raise BadHook(f'"{name}" is not known; allowed: functions of a file that is given with --hooks FILE.py')
        if (stem and stem != self.stem) or bare not in self.functions:
            raise BadHook(f'there is no function "{name}"; allowed: {", ".join(self._names())}')
        function = self.functions[bare]
        if inspect.iscoroutinefunction(function):
            raise BadHook(f'"{name}" is async; allowed: a plain def, which runs on a thread of its own')
        try:
            inspect.signature(function).bind(*arguments)
        except TypeError as error:
            raise BadHook(f'"{name}" cannot be called with ({", ".join(arguments)}): {error}') from error
        return Hook(bare, function, arguments)

    def _names(self) -> list[str]:
        return sorted(f"{self.stem}.{name}" for name in self.functions)


@dataclass(frozen=True, slots=True)
class NamesOnly(HookFunctions):
    """Takes every hook that is named, without the file that has it: for whoever reads settings and calls no hook."""

    def hook(self, kind: str, source: str) -> Hook:
        """Return a hook that does nothing."""
        name, arguments = _parse_call(kind, source)
        return Hook(name, lambda *_: None, arguments)


def _parse_call(kind: str, source: str) -> tuple[str, tuple[str, ...]]:
    """Return the function's name and the names of its arguments."""
    form = f"file.name({', '.join(TAKES[kind])}) or only the name"
    try:
        tree = ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        raise BadHook(f"this is not the call of a function; allowed: {form}") from error
    arguments: tuple[str, ...] = TAKES[kind]
    if isinstance(tree, ast.Call) and not tree.keywords:
        arguments = tuple(argument.id if isinstance(argument, ast.Name) else "" for argument in tree.args)
        tree = tree.func
    is_named = isinstance(tree, ast.Name) or (isinstance(tree, ast.Attribute) and isinstance(tree.value, ast.Name))
    if not is_named or not set(arguments) <= set(TAKES[kind]):
        raise BadHook(f"this is not the call of a function with {', '.join(TAKES[kind])}; allowed: {form}")
    return ast.unparse(tree), arguments
