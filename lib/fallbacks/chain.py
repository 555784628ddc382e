"""One alternative after the other, with the methods of a pipeline, which each of them has.

A request that is wrong is wrong everywhere, and an answer that may have been billed is not asked for twice: neither is
taken to another.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidInput

from ..api.call import HeldBack
from ..api.stream import drain
from ..call_settings import call_settings
from ..cost.worst_case import OverBudget
from ..errors.api_error import ApiError
from ..pipeline import NOBODY, Pipeline
from .alternatives import Alternative, Alternatives, body_for, bound_to_server
from .attempts import Attempts, CountedText
from .remembered import Reached

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from typing import Self

    from pysailor import Context, HttpRequest

    from ..api.stream import Piece
    from ..budgets import Pays
    from ..endpoint import CheckResult, Endpoint
    from ..environment import Environment
    from ..result import Result


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
            shown = CountedText(show or self._ctx.partial)
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
        attempts = Attempts()
        for pipeline, wanted in self._ways(body, attempts):
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
                if began or not attempts.passes_on(error, pipeline):
                    raise attempts.with_others(error) from error
                self._ctx.logger.warning("%s did not answer; a fallback is asked", pipeline.name(wanted))
                attempts.add(error, pipeline.name(wanted))
            else:
                return attempts.mark_answered(result, pipeline.name(wanted))
        raise attempts.first_error()

    def _ways(self, body: Mapping[str, Any], attempts: Attempts) -> Iterator[tuple[Pipeline, Mapping[str, Any]]]:
        """Yield who is to be asked, and for what; those that an earlier attempt was done with are left out."""
        reached = Reached(self._ctx, body)
        start, bound, asked = reached.start(), bound_to_server(body), set[tuple[bool, str]]()
        for number, one in enumerate((None, *self._further)):
            pipeline = self._first if one is None else self._make(one.cfg)
            wanted = body if one is None else body_for(one, body)
            who = (one is not None and one.is_elsewhere, pipeline.name(wanted))
            if who in asked:
                continue
            asked.add(who)
            if number < start:
                attempts.leave_out(pipeline.name(wanted))
                continue
            if number and self.seconds_left() <= 0:
                attempts.skip(pipeline.name(wanted), "no time was left")
                continue
            if bound and one is not None and one.is_elsewhere:
                attempts.skip(pipeline.name(wanted), bound)
                continue
            attempts.is_first = number == 0
            if number:
                reached.note(number, attempts.opened)
            yield pipeline, wanted

    def _unfit(self, body: Mapping[str, Any]) -> Iterator[Fault]:
        for one in self._further:
            pipeline, wanted = self._make(one.cfg), body_for(one, body)
            for fault in pipeline.check(wanted).errors:
                yield Fault(fault.pointer, f"the fallback {pipeline.name(wanted)} would be skipped: {fault.message}")
            if one.is_elsewhere and (bound := bound_to_server(body)):
                yield Fault("/fallbacks", f"the fallback {pipeline.name(wanted)} would be skipped: {bound}")
