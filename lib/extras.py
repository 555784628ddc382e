"""How to install what is optional."""

from __future__ import annotations

from pathlib import Path

from pysailor import how_to_install as how_to_install_at

_ROOT = Path(__file__).parents[1]


def how_to_install(extra: str) -> str:
    """Return the command that installs an extra of this component."""
    return how_to_install_at(extra, _ROOT)
