"""Lists without what they hold already, each item looked at once."""

from __future__ import annotations

from typing import Any, Final

from jsonata.utils import Utils

from .pattern import check_time

_EVERY: Final = 4096  # items between two looks at the clock


def drop_repeated(values: Any) -> Any:
    """Return a list without what is equal to something before it; raise TimeoutError when time is over."""
    if not isinstance(values, list) or len(values) < 2:  # noqa: PLR2004 - one alone is distinct
        return values
    found: dict[Any, Any] = {}
    for number, value in enumerate(values):
        if not number % _EVERY:
            check_time()
        found.setdefault(_identify(value), value)
    made = Utils.create_sequence() if isinstance(values, Utils.JList) else []
    made.extend(found.values())
    return made


def _identify(value: Any) -> Any:
    """Return what can be looked up, and is equal for equal values only."""
    if isinstance(value, list):
        return (list, *map(_identify, value))
    if isinstance(value, dict):
        return (dict, frozenset((name, _identify(member)) for name, member in value.items()))
    if isinstance(value, (str, int, float)):
        return (type(value), value) if isinstance(value, bool) else value
    return (object, id(value))
