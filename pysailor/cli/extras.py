"""What a command needs beyond the plain installation."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Final

from pysailor.errors import BrokenComponent
from pysailor.shell import how_to_install

CHECKOUT: Final = Path(__file__).parents[2]
EXPRESSIONS: Final = ("jsonata", "regex")
"""What the expressions of a flow need, as the extra [flow] has it."""


def find_missing(*packages: str) -> list[str]:
    """Return which of the packages are not installed."""
    return [name for name in packages if importlib.util.find_spec(name) is None]


def require(extra: str, *packages: str) -> None:
    """Raise BrokenComponent, with the command that installs the extra, where one of its packages is missing."""
    missing = find_missing(*packages)
    if missing:
        raise BrokenComponent(f"this needs {' and '.join(missing)}: {how_to_install(extra, CHECKOUT)}")
