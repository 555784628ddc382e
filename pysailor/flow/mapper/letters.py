r"""Letters that an expression writes as two escapes, as JavaScript has them: `\uD83D\uDE00` is one."""

from __future__ import annotations

import re
from typing import Any, Final

from jsonata.jexception import JException

from .analysis import parts_of

_HALF: Final = re.compile(r"[\ud800-\udfff]")


def join_halves(tree: Any) -> None:
    """Join the halves in all texts of a syntax tree; refuse one that stands alone: no message can hold it."""
    for node in parts_of(tree):
        if isinstance(node.value, str) and _HALF.search(node.value):
            try:
                node.value = node.value.encode("utf-16", "surrogatepass").decode("utf-16")
            except UnicodeDecodeError as error:
                raise JException("S0104H", int(node.position or 0)) from error
