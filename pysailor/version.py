"""Which version of the runtime this is."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

_COMMAND = re.compile(r"^pysailor\s*=", re.MULTILINE)


@cache
def installed_version() -> str:
    """Return the version of the package that brought the command `pysailor`, "unknown" if it is not installed.

    importlib.metadata tells the same, and takes a tenth of a worker's start for it.
    """
    for folder in sys.path:
        for commands in sorted(Path(folder).glob("*.dist-info/entry_points.txt")):
            if _COMMAND.search(_read(commands)):
                return commands.parent.name.removesuffix(".dist-info").rpartition("-")[2]
    return "unknown"


def _read(file: Path) -> str:
    """Return a file of whatever else is installed, "" if it cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
