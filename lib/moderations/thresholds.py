"""The step's own thresholds: from which score on a category counts. Pure."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

CATEGORIES = (
    *("harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm"),
    *("self-harm/intent", "self-harm/instructions", "sexual", "sexual/minors", "violence", "violence/graphic"),
)
"""Those of today; the service may have more."""
_ENTRY = re.compile(r"\s*([a-z][a-z/_-]*)\s*[:= ]\s*([0-9]*[.]?[0-9]+)\s*", re.ASCII)


def read_thresholds(text: Any) -> Mapping[str, float]:
    """Return `{category: score}`, read from `violence 0.4, sexual/minors: 0.01`; raise InvalidConfig."""
    found: dict[str, float] = {}
    faults: list[Fault] = []
    for entry in re.split(r"[,;\n]", str(text or "")):
        if not entry.strip():
            continue
        match = _ENTRY.fullmatch(entry)
        if match is None or float(match[2]) > 1:
            faults.append(_fault(f'found "{entry.strip()[:60]}", allowed: a category and a number from 0 to 1'))
        elif match[1] in found:
            faults.append(_fault(f"{match[1]} stands there twice"))
        elif match[1] not in CATEGORIES and (meant := get_close_matches(match[1], CATEGORIES, 1, 0.75)):
            faults.append(_fault(f"there is no category {match[1]}; did you mean {meant[0]}?"))
        else:
            found[match[1]] = float(match[2])
    if faults:
        raise InvalidConfig(faults=faults)
    return found


def _fault(problem: str) -> Fault:
    return Fault("/thresholds", f"{problem}; for example: violence 0.4, sexual/minors 0.01")
