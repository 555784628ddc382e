"""Which model the name "auto" stands for: the least expensive that the key may use and that lasts. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from .table import Family, Models

AUTO = "auto"
_LASTS = timedelta(days=365)


def choose_model(names: Iterable[str], models: Models, today: date) -> str | None:
    """Return the name to ask, by the table of models; None if it knows none of the names that would do.

    A model does that answers chats, takes tools, has a price, and is not shut down within a year.
    """
    known = [(family, name) for name in names if (family := models.find(name)) is not None]
    fit = [(family.price.output, name) for family, name in known if _does(family, today) and family.price is not None]
    return min(fit)[1] if fit else None


def _does(family: Family, today: date) -> bool:
    lasts = family.gone is None or family.gone > today + _LASTS
    for_all = not (family.takes_only or family.audio or family.fine_tuned) and family.tools != "never"
    return lasts and for_all and family.endpoint == "chat"
