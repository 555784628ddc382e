"""How one call is made, and how it goes by the pace of its credential."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pysailor import Rebound, frozen

from ..errors.api_error import ApiError
from .pacer import Paused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from logging import Logger, LoggerAdapter

    from pysailor import Measure

    from .cancel import Cancel
    from .pacer import Pacer
    from .retry import CallLimits

_HOLDING = ("rate_limit", "slow_down")
"""Refusals that concern all calls of a credential."""
_LONGEST_REASON = 200
_MOST_TOKENS = 10**9
"""What one answer can have used; a greater number makes no sense."""


def _discard(_: Measure) -> None:
    """Measure nothing: nobody listens."""


@frozen
class CallOptions:
    """How one call is made: its limits, who logs, until when (on the clock of time.monotonic), and what stops it.

    A call goes by its `pacer`, which workers may share, else by that of its client. What `may_rebound` is put off where
    nothing is to be sent just now; other calls fail.
    """

    limits: CallLimits
    logger: Logger | LoggerAdapter[Logger]
    deadline: float | None = None
    cancel: Cancel | None = None
    pacer: Pacer | None = None
    report: Callable[[Measure], None] = _discard
    may_rebound: bool = False

    @property
    def is_cancelled(self) -> bool:
        """Whether somebody has stopped the call."""
        return self.cancel is not None and self.cancel.is_set()

    def pause(self, seconds: float) -> None:
        """Wait before the next try, at most until the call is stopped."""
        if self.cancel is None:
            time.sleep(seconds)
        else:
            self.cancel.wait(seconds)


class HeldBack(Rebound):
    """Not now: nothing is sent to this server while its account is empty or its limit used up. Another may be asked."""


def keep_pace(pacer: Pacer, size: int, end: float, call: CallOptions, failed: ApiError | None) -> bool:
    """Wait while the service, or the credential's own limit, asks any call to wait; return when this one may go.

    Return whether it is to find out if the account has money again. Where nothing is to be sent, or the time does not
    allow the wait, raise Rebound; `failed`, the error of the try before, if that may be billed or said more than to
    wait; ApiError where there is no rebound.
    """
    try:
        is_probe = pacer.check(call.report)
        _wait(pacer, size, end, call)
    except Paused as paused:
        if failed is not None and not (call.may_rebound and _only_asked_to_wait(failed)):
            raise failed from None
        if call.may_rebound:
            raise HeldBack(str(paused), code=paused.code) from None
        raise ApiError(paused.code, f"{paused}.") from None
    return is_probe


def _only_asked_to_wait(error: ApiError) -> bool:
    """Return whether nothing can have been billed, and nothing is wrong but that it is too soon."""
    return error.code in _HOLDING and not any(one.is_lost for one in error.tries)


def _wait(pacer: Pacer, size: int, end: float, call: CallOptions) -> None:
    """Wait for this call's turn; without the time for it, raise Paused, or go if the service alone asked to wait."""
    while not call.is_cancelled:
        pause, is_ours = pacer.wait(size)
        if pause <= 0:
            return
        whose = "the credential's limit a minute is used up" if is_ours else "the service asked this credential to wait"
        if time.monotonic() + pause >= end:
            if not is_ours and not call.may_rebound:
                return
            raise Paused(f"Not sent for {pause:.1f} s: {whose}", "rate_limit")
        call.logger.info("Held back for %.1f s: %s", pause, whose)
        call.pause(pause)


def learn_from_refusal(pacer: Pacer, error: ApiError, call: CallOptions, *, is_probe: bool) -> None:
    """Have all calls wait where the service asks this one to; without quota, have nothing sent until a probe passes.

    A probe that is refused is put off like the others: Rebound.
    """
    if error.code in _HOLDING and error.retry_after:
        pacer.hold(error.retry_after)
    elif error.code == "quota":
        pacer.trip(error.text[:_LONGEST_REASON] or error.kind.meaning, call.report)
        if is_probe and call.may_rebound:
            raise HeldBack(f"A message was tried and refused: {error}", code=error.code) from error


def tokens_of(document: Mapping[str, Any]) -> int | None:
    """Return the tokens that an answer says it used, None if it does not say."""
    usage = document.get("usage")
    total = usage.get("total_tokens") if isinstance(usage, dict) else None
    return total if total.__class__ is int and 0 <= total <= _MOST_TOKENS else None
