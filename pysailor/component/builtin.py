"""The components that come with the runtime: small steps that a flow needs beside those of a service."""

from __future__ import annotations

import sys
from difflib import get_close_matches
from pathlib import Path

from ..errors import BrokenComponent

_HERE = Path(__file__).parents[2] / "components"
_INSTALLED = Path(sys.prefix, "share", "pysailor", "builtin")
_STAGES = Path(__file__).parents[1] / "flow" / "stages"
PREFIX = "builtin:"
"""What stands before a built-in component's name where a directory is expected."""


def builtin_folder() -> Path:
    """Return where the built-in components are: in the checkout that this runtime runs from, else installed with it."""
    return _HERE if (_HERE / "router" / "component.json").is_file() else _INSTALLED


def builtin_names() -> list[str]:
    """Return the names of the built-in components, sorted."""
    return sorted(found.parent.name for found in builtin_folder().glob("*/component.json"))


def locate_builtin(name: str) -> Path:
    """Return the directory of a built-in component; raise BrokenComponent if there is none of this name."""
    names = builtin_names()
    if name == _STAGES.name:  # what maps and routes between the steps of a flow
        return _STAGES
    if name in names:
        return builtin_folder() / name
    alike = get_close_matches(name, names, 1)
    meant = f"did you mean {alike[0]}? " if alike else ""
    raise BrokenComponent(f'There is no built-in component "{name}"; {meant}There are: {", ".join(names) or "none"}.')
