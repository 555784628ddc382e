"""Functions as the engine has them."""

from __future__ import annotations

from typing import Any

from jsonata import Jsonata
from jsonata.parser import Parser

from .pattern import BoundedPattern


def function(implementation: Any) -> Any:
    """Return a Python function as one that expressions can call."""
    return Jsonata.JLambda(implementation)


def is_function(value: Any) -> bool:
    """Return whether a value is a function, which no message can hold."""
    return isinstance(value, (Jsonata.JFunctionCallable, BoundedPattern, Parser.Symbol))
