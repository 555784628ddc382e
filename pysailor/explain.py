"""What the codes of errors mean: those of the component, and those of the runtime."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .errors import SailorError, StepError
from .platform import api as platform_api
from .platform import environment, object_storage
from .transport import base as transport
from .wire import cipher, codec, rebound
from .wire import json_text as plaintext
from .worker import emitter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .component.component import Component


class Explanation(Protocol):
    """What is to be known about a code; `again` says whether trying again can help."""

    @property
    def code(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def meaning(self) -> str: ...
    @property
    def advice(self) -> str: ...
    @property
    def again(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Told:
    """The explanation of an error of the runtime, from its own docstring."""

    code: str
    name: str
    meaning: str
    advice: str
    again: str


def explanations(component: Component) -> Mapping[str, Explanation]:
    """Give all explanations by code, the component's first."""
    own: Mapping[str, Explanation] = getattr(component.cli, "EXPLANATIONS", {})
    return {**own, **{told.code: told for told in _of_the_runtime() if told.code not in own}}


# imported so that their errors are known
_WITH_ERRORS = (cipher, codec, emitter, environment, object_storage, plaintext, platform_api, rebound, transport)


def _of_the_runtime() -> Iterator[Told]:
    for error in _kinds(SailorError):
        if "code" in vars(error) and error.__module__.startswith("pysailor."):
            meaning, _, advice = inspect.cleandoc(error.__doc__ or "").partition("\n\n")
            again = "yes" if issubclass(error, StepError) and error.retryable else "no"
            yield Told(error.code, error.__name__, " ".join(meaning.split()), " ".join(advice.split()), again)


def _kinds(error: type[SailorError]) -> Iterator[type[SailorError]]:
    for kind in sorted(error.__subclasses__(), key=lambda kind: kind.__name__):
        yield kind
        yield from _kinds(kind)
