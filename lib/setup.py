"""Where a step asks and on what terms: its settings, read once a step rather than once a message."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from .api.connection import Connection
from .completions.settings import Terms

if TYPE_CHECKING:
    from pysailor import Context


@dataclass(frozen=True, slots=True)
class Setup:
    """What an action takes from its settings before it looks at a message."""

    connection: Connection
    terms: Terms

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> Self:
        """Read the settings; raise InvalidConfig."""
        return cls(Connection.of(cfg), Terms.of(cfg))


def setup(cfg: Mapping[str, Any], ctx: Context) -> Setup:
    """Give what the settings say; those of a step, which stay the same object, are read once."""
    return ctx.keep(Setup.of, cfg) if isinstance(cfg, Hashable) else Setup.of(cfg)
