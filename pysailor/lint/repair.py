"""A declaration with faults of structure, made readable: what is wrong is left out, what is missing filled in.

So that all that does not depend on such a fault can be looked at as well.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from ..component import descriptor as declaration

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..errors import Fault

_FILLED_IN = {"title": "?", "label": "?", "main": "?", "viewClass": "TextView"}
_MOST_ROUNDS = 20


def repair(document: dict[str, Any]) -> dict[str, Any] | None:
    """Return a declaration that can be read, None where nothing is left of it."""
    document = copy.deepcopy(document)
    for _ in range(_MOST_ROUNDS):
        faults = [fault for fault in declaration.find_faults(document) if not _is_empty(document, fault)]
        if not faults:
            return document
        for fault in faults:
            _mend(document, fault.pointer.split("/")[1:])
    return None


def leave_out(faults: Iterable[Fault], told: Iterable[Fault]) -> list[Fault]:
    """Return the faults that do not follow from those already told: none at the same place or below."""
    places = tuple(fault.pointer for fault in told)
    return [each for each in faults if not any(f"{each.pointer}/".startswith(f"{place}/") for place in places)]


def _is_empty(document: dict[str, Any], fault: Fault) -> bool:
    """Return whether the fault is that there are no actions and triggers, which can be read nevertheless."""
    return fault.pointer == "/actions" and isinstance(document.get("actions", {}), dict)


def _mend(document: dict[str, Any], steps: list[str]) -> None:
    """Take out what a pointer leads to, or fill in what is missing there; a list goes whole, as its places shift."""
    holder: Any = document
    for at, step in enumerate(steps):
        key = step.replace("~1", "/").replace("~0", "~")
        is_last = at == len(steps) - 1
        if not isinstance(holder, dict) or (key not in holder and not is_last):
            return  # went with an earlier fault
        if is_last and key not in holder:
            holder[key] = _FILLED_IN.get(key, {})
        elif is_last or isinstance(holder[key], list):
            del holder[key]
            return
        holder = holder[key]
