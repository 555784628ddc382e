"""The setting Dimensions: how many numbers a vector shall have. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

if TYPE_CHECKING:
    from ..models.table import Family

_MOST_DIGITS = 9


def read_dimensions(given: Any, family: Family | None) -> int | None:
    """Return how many numbers a vector shall have, None for all; raise InvalidConfig."""
    if given in (None, ""):
        return None
    text = str(given).strip()
    if not (text.isascii() and text.isdigit() and int(text[:_MOST_DIGITS]) >= 1 and len(text) <= _MOST_DIGITS):
        raise InvalidConfig(f'found "{text[:40]}", allowed: a whole number from 1', pointer="/dimensions")
    if family is not None and "dimensions" in family.refuses:
        raise InvalidConfig(f"{family.label} cannot shorten its vectors; leave this empty", pointer="/dimensions")
    if family is not None and family.dimensions is not None and int(text) > family.dimensions:
        raise InvalidConfig(
            f"found {text}, and the vectors of {family.label} have {family.dimensions} numbers", pointer="/dimensions"
        )
    return int(text)
