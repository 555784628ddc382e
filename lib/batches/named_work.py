"""What a message of Batch: Collect names: a batch, a part of one, or a response. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from pysailor import InvalidInput

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_ID: Final = 200


class NamedWork(NamedTuple):
    """What a message asks for: a batch, or the part of one whose ids begin with `prefix`; or a response."""

    id: str
    is_response: bool
    prefix: str = ""

    @property
    def path(self) -> str:
        """Where it is, beneath the base URL."""
        return f"{'responses' if self.is_response else 'batches'}/{quote(self.id, safe='')}"


def id_of(body: Mapping[str, Any]) -> NamedWork:
    """Return what a message names; raise InvalidInput."""
    given = {name: str(body.get(name) or "").strip() for name in ("batch_id", "response_id")}
    named = [name for name, value in given.items() if value]
    if len(named) != 1:
        found = "both are" if named else "none is"
        why = f'map "Batch" of Batch: Submit, or "Response", the id of a request in the background; {found} given'
        raise InvalidInput(why, pointer=f"/{named[1]}" if named else "/batch_id")
    value = given[named[0]]
    if len(value) > _LONGEST_ID or not value.isprintable() or value in (".", ".."):
        raise InvalidInput(
            f'found "{value[:60]}", which cannot be an id; it looks like batch_… or resp_…', pointer=f"/{named[0]}"
        )
    return NamedWork(value, named[0] == "response_id" or value.startswith("resp_"), str(body.get("prefix") or ""))
