"""What the codes of errors mean: those of the component, and those of the runtime."""

from __future__ import annotations

import inspect
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .errors import BrokenComponent, SailorError, StepError
from .platform import api as platform_api
from .platform import environment, object_storage
from .transport import base as transport
from .wire import cipher, codec, json_text, rebound
from .worker import emitter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .component.component import Component
    from .contract import Explanation


@dataclass(frozen=True, slots=True)
class FromDocstring:
    """The explanation of an error by its own docstring: what it means, a blank line, what to do."""

    code: str
    name: str
    meaning: str
    advice: str
    again: str


# imported so that their errors are known
_WITH_ERRORS = (cipher, codec, emitter, environment, object_storage, json_text, platform_api, rebound, transport)


def explanations(component: Component) -> Mapping[str, Explanation]:
    """Return all explanations by code: those that the component's lib/cli.py lists, then those of docstrings."""
    listed: Mapping[str, Explanation] = getattr(component.cli, "EXPLANATIONS", {})
    _load(component)
    found = {each.code: each for each in _from_docstrings(component)}
    return {**found, **listed}


def _load(component: Component) -> None:
    """Import what the component declares, so that its errors are known; what cannot be imported explains nothing."""
    for function in component.descriptor.functions:
        with suppress(BrokenComponent):
            component.module(function.main)
    with suppress(BrokenComponent):
        component.verifier()


def _from_docstrings(component: Component) -> Iterator[FromDocstring]:
    for error in _subclasses(SailorError):
        if "code" in vars(error) and (error.__module__.startswith("pysailor.") or component.wrote(error)):
            meaning, _, advice = inspect.cleandoc(error.__doc__ or "").partition("\n\n")
            again = "yes" if issubclass(error, StepError) and error.retryable else "no"
            yield FromDocstring(error.code, error.__name__, " ".join(meaning.split()), " ".join(advice.split()), again)


def _subclasses(error: type[SailorError]) -> Iterator[type[SailorError]]:
    for kind in sorted(error.__subclasses__(), key=lambda kind: kind.__name__):
        yield kind
        yield from _subclasses(kind)
