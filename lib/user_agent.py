"""The name and version by which servers see this component."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

_DECLARED = Path(__file__).parents[1] / "component.json"


@cache
def user_agent() -> str:
    """Return what the User-Agent header says."""
    try:
        version = json.loads(_DECLARED.read_bytes())["version"]
    except (OSError, ValueError, KeyError, TypeError):  # of a copy of lib/ alone
        version = "0"
    return f"chatgpt-component/{version}"
