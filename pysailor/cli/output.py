"""What commands write: results on standard output, everything else on standard error; never a secret."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from pysailor.errors import Fault, InvalidConfig

if TYPE_CHECKING:
    from pysailor.errors import SailorError


def say(line: str) -> None:
    """Write a line for the person at the terminal to standard error."""
    print(f"# {line}", file=sys.stderr)


def as_json(document: Any, indent: int | None = None) -> str:
    """Return the document as readable JSON; in ASCII if standard output cannot have its characters."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # half of a character, for example, which JSON can have and UTF-8 cannot
        return json.dumps(document, indent=indent)
    return text


def describe(error: SailorError) -> str:
    """Return an error's lines; pointers into the settings begin with /cfg, to tell them from those into the body."""
    return "\n".join(map(str, in_cfg(error))) if isinstance(error, InvalidConfig) else str(error)


def in_cfg(error: InvalidConfig) -> list[Fault]:
    """Return the faults of the settings with pointers that say so."""
    return [Fault(f"/cfg{fault.pointer}", fault.message) for fault in error.faults]
