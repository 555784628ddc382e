"""Further models and a second server, asked in order while the one before is down, over its rate, out of quota or gone.

What stands above is the pipeline of one server and one model; each alternative has its own. A request that is wrong is
wrong everywhere, and an answer that may have been billed is not asked for twice: neither is taken to another.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pysailor import Fault, InvalidConfig, InvalidInput

from .api.call import HeldBack
from .api.connection import second_server
from .api.stream import drain
from .call_settings import call_settings
from .cost.budget import OverBudget
from .cost.usage import despite_lost
from .errors.api_error import ApiError
from .pipeline import NOBODY, Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Self

    from pysailor import Context, HttpRequest

    from .api.stream import Piece
    from .budgets import Pays
    from .endpoint import CheckResult, Endpoint
    from .environment import Environment
    from .errors.api_error import Try
    from .result import Result

SECOND = "second"
_MOST = 5
_PASSED_ON = (
    *("unreachable", "dropped", "server_error", "server_timeout", "overloaded", "model_loading"),  # down
    *("rate_limit", "slow_down", "too_large_for_limit"),  # over its rate
    *("quota", "model_not_found"),  # out of quota, shut down
)
_GIVEN = ("model",)
"""Faults at these places are the alternative's, not the request's."""


Refused = ApiError | HeldBack | InvalidInput | OverBudget
"""How one alternative may end without an answer."""


class Alternative(NamedTuple):
    """One fallback: the settings that lead to it, and the model that it is asked for, None for the message's own."""

    cfg: Mapping[str, Any]
    model: str | None


@dataclass(frozen=True, slots=True)
class Alternatives:
    """The fallbacks of a step, in order."""

    further: tuple[Alternative, ...] = ()

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> Self:
        """Read the step's setting; raise InvalidConfig."""
        named = [part.strip() for part in str(cfg.get("fallbacks") or "").replace("\n", ",").split(",") if part.strip()]
        if len(named) > _MOST:
            raise InvalidConfig(f"found {len(named)} fallbacks, allowed: {_MOST}", pointer="/fallbacks")
        return cls(tuple(_read(one, cfg) for one in named))


class Fallbacks:
    """Asks one alternative after the other; with the methods of a Pipeline, which each of them has."""

    def __init__(
        self,
        first: Pipeline,
        further: tuple[Alternative, ...],
        make: Callable[[Mapping[str, Any]], Pipeline],
        ctx: Context,
    ) -> None:
        """Make the pipelines of the fallbacks when they are needed."""
        self._first, self._further, self._make, self._ctx = first, further, make, ctx

    @classmethod
    def of_step(
        cls,
        endpoint: Endpoint,
        cfg: Mapping[str, Any],
        ctx: Context,
        snapshot: Any = None,
        attachments: Mapping[str, Any] | None = None,
        pays: Pays = NOBODY,
    ) -> Self:
        """Return the pipelines of a step, all with one deadline; raise InvalidConfig."""
        found = ctx.keep(Alternatives.of, cfg) if isinstance(cfg, Hashable) else Alternatives.of(cfg)
        if found.further:
            ctx = replace(ctx, deadline=ctx.until(call_settings(cfg, ctx).limits.timeout))

        def make(one: Mapping[str, Any]) -> Pipeline:
            return Pipeline.of_step(endpoint, one, ctx, snapshot, attachments, pays)

        return cls(make(cfg), found.further, make, ctx)

    @property
    def environment(self) -> Environment:
        """What the operator set."""
        return self._first.environment

    def seconds_left(self) -> float:
        """Return what is left of the time for all of it."""
        return self._first.seconds_left()

    def preview(self, body: Mapping[str, Any]) -> HttpRequest:
        """Return the request that is sent first."""
        return self._first.preview(body)

    def check(self, body: Mapping[str, Any]) -> CheckResult:
        """Return what the rules find; that a fallback cannot take the request is a doubt."""
        found = self._first.check(body)
        return replace(found, warnings=(*found.warnings, *self._unfit(body)))

    def pieces(self, body: Mapping[str, Any]) -> Generator[Piece, None, Result]:
        """Ask: yield the pieces of a streamed answer as they come, return the result; raise as a pipeline does."""
        return (yield from self._ask(body, lambda pipeline, wanted: pipeline.pieces(wanted)))

    def result(self, body: Mapping[str, Any], show: Callable[[str], None] | None = None) -> Result:
        """Ask, show the words of the first choice as they come, and return the result; raise as pieces() does."""
        if not self._further:
            return self._first.result(body, show)

        def ask(pipeline: Pipeline, wanted: Mapping[str, Any]) -> Generator[Piece, None, Result]:
            yield from ()  # no pieces: they are shown
            shown = _Shown(show or self._ctx.partial)
            try:
                return pipeline.result(wanted, shown)
            except ApiError as error:
                error.characters = max(error.characters, shown.characters)
                raise

        return drain(self._ask(body, ask))

    def _ask(
        self,
        body: Mapping[str, Any],
        ask: Callable[[Pipeline, Mapping[str, Any]], Generator[Piece, None, Result]],
    ) -> Generator[Piece, None, Result]:
        if not self._further:
            return (yield from ask(self._first, body))
        said = _Said()
        for pipeline, wanted in self._ways(body, said):
            began = False
            try:
                with closing(ask(pipeline, wanted)) as pieces:
                    result = None
                    while result is None:
                        try:
                            piece = next(pieces)
                        except StopIteration as end:
                            result = end.value
                        else:
                            began = True
                            yield piece
            except (ApiError, HeldBack, InvalidInput, OverBudget) as error:
                if began or not said.passes_on(error, pipeline):
                    raise said.with_others(error) from error
                self._ctx.logger.warning("%s did not answer; a fallback is asked", pipeline.name(wanted))
                said.add(error, pipeline.name(wanted))
            else:
                return said.answered(result, pipeline.name(wanted))
        raise said.first_error()

    def _ways(self, body: Mapping[str, Any], said: _Said) -> Iterator[tuple[Pipeline, Mapping[str, Any]]]:
        yield self._first, body
        for one in self._further:
            said.is_first = False
            yield self._make(one.cfg), _asked_of(one, body)

    def _unfit(self, body: Mapping[str, Any]) -> Iterator[Fault]:
        for one in self._further:
            pipeline, wanted = self._make(one.cfg), _asked_of(one, body)
            for fault in pipeline.check(wanted).errors:
                yield Fault(fault.pointer, f"the fallback {pipeline.name(wanted)} would be skipped: {fault.message}")


class _Shown:
    """Hands words on, and counts them."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self.characters = 0

    def __call__(self, text: str) -> None:
        self.characters += len(text)
        self._show(text)


class _Said:
    """What the alternatives so far said, in order."""

    def __init__(self) -> None:
        self.is_first = True
        self._errors: list[Refused] = []
        self._warnings: list[str] = []

    @property
    def _tries(self) -> tuple[Try, ...]:
        return tuple(one for error in self._errors if isinstance(error, ApiError) for one in error.tries)

    def passes_on(self, error: Refused, pipeline: Pipeline) -> bool:
        """Return whether the next may be asked.

        Not if the request is what is wrong, if a part of the answer was shown, or if a lost try may have to be paid for
        where the cost is limited. What a fallback refuses, for whatever reason, is told, and the next one is asked.
        """
        if isinstance(error, ApiError):
            if error.begun or (self.is_first and error.code not in _PASSED_ON):
                return False
            return not (pipeline.is_limited and any(one.is_lost for one in error.tries))
        if isinstance(error, HeldBack):
            return True
        if self.is_first:
            return isinstance(error, InvalidInput) and all(fault.pointer[1:] in _GIVEN for fault in error.faults)
        return True

    def add(self, error: Refused, name: str) -> None:
        """Keep what one said."""
        self._errors.append(error)
        if isinstance(error, ApiError):
            self._warnings.append(f"{name} did not answer ({error.code}): {error.kind.meaning.rstrip('.')}")
        elif isinstance(error, HeldBack):
            self._warnings.append(f"{name} was not asked: {error}")
        else:
            self._warnings.append(f"{name} was skipped ({error.code}): {error}")

    def answered(self, result: Result, name: str) -> Result:
        """Return the result with who answered, and what the others said before."""
        usage, lost = despite_lost(result.usage, self._tries)
        return replace(
            result,
            report={**result.report, "answered_by": name},
            usage=usage,
            warnings=(*self._warnings, *lost, *result.warnings),
            tries=self._tries + result.tries,
        )

    def with_others(self, error: Refused) -> Exception:
        """Return the error, with what was said before it."""
        if self._errors and isinstance(error, ApiError):
            error.tries = self._tries + error.tries
            error.why = " ".join(filter(None, (error.why, f"Before it: {'; '.join(self._warnings)}.")))
        return error

    def first_error(self) -> Exception:
        """Return the error of the step's own model, with what the fallbacks said."""
        first = self._errors[0]
        if isinstance(first, ApiError):
            first.tries = self._tries
            told = "; ".join(self._warnings[1:])
            first.why = " ".join(filter(None, (first.why, f"No fallback answered: {told}.")))
        return first


def _asked_of(one: Alternative, body: Mapping[str, Any]) -> Mapping[str, Any]:
    return body if one.model is None else {**body, "model": one.model}


def _read(named: str, cfg: Mapping[str, Any]) -> Alternative:
    """Return one fallback; raise InvalidConfig."""
    where, colon, model = named.partition(":")
    if where.strip().lower() != SECOND:
        return Alternative({**cfg, "model": named}, named)
    if not cfg.get("secondBaseUrl"):
        raise InvalidConfig(
            f'"{named}" leads to the second server, and the credential names none; enter its Base URL there',
            pointer="/fallbacks",
        )
    second = second_server(cfg)
    if colon and not model.strip():
        raise InvalidConfig(f'"{named}" names no model after the colon', pointer="/fallbacks")
    if not colon:
        return Alternative(second, None)
    return Alternative({**second, "model": model.strip()}, model.strip())
