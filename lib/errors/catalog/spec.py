"""What the catalog says of one way to fail."""

from __future__ import annotations

from pysailor import frozen

NO, YES, BILLED = "no", "yes", "may have been billed"


@frozen
class ErrorSpec:
    """One way to fail: its stable code, its name, what it means, what to do, and whether trying again can help.

    `again` is NO, YES, or BILLED: it could help, but the lost try may have to be paid for as well. `visitor` is what a
    visitor of a chat reads of it, where a visitor can do something about it.
    """

    code: str
    name: str
    meaning: str
    advice: str
    again: str = NO
    visitor: str = ""
