"""What the codes of errors mean: those of the component, and those of the runtime."""

from __future__ import annotations

import inspect
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .error_catalog import NO, RUNTIME_FAMILIES, YES
from .errors import BrokenComponent, SailorError, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from .component.component import Component
    from .contract import Explanation


@dataclass(frozen=True, slots=True)
class FromDocstring:
    """The explanation of a component's error by its docstring: what it means, a blank line, what to do."""

    code: str
    name: str
    meaning: str
    advice: str
    again: str


def families(component: Component | None) -> dict[str, tuple[Explanation, ...]]:
    """Return all explanations by family: the component's (lib/cli.py, else docstrings), then the runtime's.

    A code can occur twice: once as the component's, once as the runtime's.
    """
    runtime: dict[str, tuple[Explanation, ...]] = dict(RUNTIME_FAMILIES)
    if component is None:
        return runtime
    named: Mapping[str, Sequence[Explanation]] = getattr(component.cli, "ERROR_FAMILIES", {})
    listed: Mapping[str, Explanation] = getattr(component.cli, "EXPLANATIONS", {})
    _load(component)
    known = {each.code for family in named.values() for each in family}
    described = [each for each in _from_docstrings(component) if each.code not in {*known, *listed}]
    others = (*(each for each in listed.values() if each.code not in known), *described)
    own = {title: tuple(family) for title, family in named.items()}
    return {**own, **({"This component": others} if others else {}), **runtime}


def explanations(component: Component | None) -> tuple[Explanation, ...]:
    """Return all explanations in one list."""
    return tuple(each for family in families(component).values() for each in family)


def _load(component: Component) -> None:
    """Import what the component declares, so that its errors are known; what cannot be imported explains nothing."""
    for function in component.descriptor.functions:
        with suppress(BrokenComponent):
            component.module(function.main)
    with suppress(BrokenComponent):
        component.verifier()


def _from_docstrings(component: Component) -> Iterator[FromDocstring]:
    for error in _subclasses(SailorError):
        if "code" in vars(error) and component.owns(error):
            meaning, _, advice = inspect.cleandoc(error.__doc__ or "").partition("\n\n")
            again = YES if issubclass(error, StepError) and error.retryable else NO
            yield FromDocstring(error.code, error.__name__, " ".join(meaning.split()), " ".join(advice.split()), again)


def _subclasses(error: type[SailorError]) -> Iterator[type[SailorError]]:
    for kind in sorted(error.__subclasses__(), key=lambda kind: kind.__name__):
        yield kind
        yield from _subclasses(kind)
