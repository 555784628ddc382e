"""What component.json declares of its settings, read once: their defaults stand there and nowhere else."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

_DECLARATION = Path(__file__).parents[1] / "component.json"


@cache
def default(name: str) -> Any:
    """Return the default of a setting of the credential or of a step; raise KeyError if it has none."""
    return _defaults()[name]


@cache
def _defaults() -> dict[str, Any]:
    declared = json.loads(_DECLARATION.read_text(encoding="utf-8"))
    groups = [declared["credentials"]["fields"], *(action["fields"] for action in declared["actions"].values())]
    found: dict[str, Any] = {}
    for fields in groups:
        for name, field in fields.items():
            if "default" in field:
                found.setdefault(name, field["default"])
    return found
