"""Members of a message that no schema declares, and that are likely misspelled. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysailor import Fault, Schema

_SIMILAR = 0.75


def list_unknown(schema: Schema, body: Any) -> list[Fault]:
    """Return every member that no property declares; in microseconds if there are none."""
    return schema.find_unknown(body) if schema.find_undeclared(body) else []


def find_misspelled(schema: Schema, body: Any) -> Iterator[Fault]:
    """Return the members below the top that are nearly the name of a property; others may be a server's own."""
    for fault in list_unknown(schema, body):
        _, asked, meant = fault.message.rpartition("did you mean ")
        above, _, name = fault.pointer.rpartition("/")
        if above and asked and SequenceMatcher(None, name, meant.rstrip("?")).ratio() >= _SIMILAR:
            yield fault
