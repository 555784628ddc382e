"""Where the budgets of chats are kept: in the store that workers share, so that steps may spend them, too."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pysailor import InvalidConfig, SailorError, open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pysailor import Store

    from .config.load import Config

VARIABLE = "PYSAILOR_JOURNAL"
_NONE = ("", "off", "memory:")


def budget_store(environment: Mapping[str, str]) -> Callable[[], Store]:
    """Return what opens the store that PYSAILOR_JOURNAL names, or one in memory; raise InvalidConfig."""
    url = _url(environment)
    if not url:
        return in_memory
    try:
        open_store(url).close()  # nothing is connected yet
    except SailorError as error:
        raise InvalidConfig(f"{VARIABLE}: {error}") from error
    return partial(open_store, url)


def in_memory() -> Store:
    """Return a store that ends with this process."""
    return open_store("memory:")


def of_budgets(config: Config, environment: Mapping[str, str]) -> Iterator[str]:
    """Return a sentence if budgets end with this process."""
    named = [route.name for route in config.routes if "budget" in route.kwargs]
    if named and not _url(environment):
        yield (
            f"the budget of {', '.join(named)} is kept in memory, and begins anew when this server does; "
            f"{VARIABLE}=sqlite:///budgets.sqlite keeps it, and pysailor budget show sees it"
        )


def _url(environment: Mapping[str, str]) -> str:
    """Return the address of the store that is named, "" if none outlives this process."""
    url = environment.get(VARIABLE, "").strip()
    return "" if url.lower() in _NONE else url
