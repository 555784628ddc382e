"""A request that log, metrics and the run of a flow know of: its server, how it ended, how long it took, its tries."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pysailor import CallReport, InvalidInput, SailorError

from .exchange import Connections
from .policy import RequestFailed, RequestFailedForNow, is_error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from pysailor import Context

    from .exchange import HttpAnswer, HttpCall

_MOST_RETRIES = 10


def ask(ctx: Context, call: HttpCall, cfg: Mapping[str, Any]) -> HttpAnswer:
    """Return the answer, tried again where that may help; raise ServerUnreachable, InvalidInput or Stopped."""
    until, retries = ctx.until(float(cfg["timeout"])), min(int(cfg["maxRetries"]), _MOST_RETRIES)
    began, tries = time.monotonic(), 1

    def pause(left: float) -> None:
        nonlocal tries
        ctx.pause(left)
        tries += 1

    def report(outcome: str, status: int | None = None) -> None:
        known: dict[str, str | int] = {} if status is None else {"http.response.status_code": status}
        server = urlsplit(call.url).netloc.rpartition("@")[2]
        attributes = {"http.request.method": call.method, "server.address": server, **known}
        took = time.monotonic() - began
        ctx.report(CallReport(server, outcome, took, tries, cost=Decimal(0), attributes=attributes))

    try:
        answer = ctx.keep(Connections).send(call, until, retries, pause)
    except InvalidInput:  # nothing was sent
        raise
    except SailorError as error:
        report(error.code)
        raise
    report(_outcome(answer), answer.status)
    return answer


def _outcome(answer: HttpAnswer) -> str:
    if not is_error(answer.status, ""):
        return "ok"
    return RequestFailedForNow.code if answer.may_pass else RequestFailed.code
