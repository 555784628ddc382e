"""What the catalog says of one way to fail."""

from __future__ import annotations

from dataclasses import dataclass

NO, YES = "no", "yes"


@dataclass(frozen=True, slots=True)
class RuntimeErrorSpec:
    """One way to fail: its stable code, its name, what it means, what to do, and whether trying again can help."""

    code: str
    name: str
    meaning: str
    advice: str
    again: str = NO
