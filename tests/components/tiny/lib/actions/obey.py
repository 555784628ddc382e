"""An action that does what its message says: everything that a step can do, and what it should not."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidInput, Message, Rebound

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Any:
    """Obey; without an order give the message back."""
    order = msg.body.get("do") if isinstance(msg.body, dict) else None
    return _ORDERS[order](msg, snapshot, ctx) if order else msg


def tones(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, str]:
    """Return the tones; refresh the credential on the way, as a component with OAuth does."""
    if cfg.get("tone") == "wrong":
        raise InvalidInput("there is no such tone")
    ctx.update_keys({"oauth": {"access_token": "fresh"}})
    return {"loud": "Loud", "soft": "Soft"}


def unwritable(cfg: Mapping[str, Any], ctx: Context) -> Any:
    """Return what has no form in JSON."""
    return {1, 2}


def _many(msg: Message, snapshot: Any, ctx: Context) -> Iterator[Message]:
    for number in range(msg.body["times"]):
        yield Message(body={"number": number})
        _begun(msg, f".{number}")


def _fail(msg: Message, snapshot: Any, ctx: Context) -> None:
    raise InvalidInput("that will not do", pointer="/do")


def _crash(msg: Message, snapshot: Any, ctx: Context) -> None:
    raise ZeroDivisionError("by nought")


def _exit(msg: Message, snapshot: Any, ctx: Context) -> None:
    sys.exit(7)


def _rebound(msg: Message, snapshot: Any, ctx: Context) -> None:
    raise Rebound("not now")


def _reply(msg: Message, snapshot: Any, ctx: Context) -> None:
    ctx.http_reply(201, {"said": "so"}, {"content-type": "application/json"})


def _remember(msg: Message, snapshot: Any, ctx: Context) -> Message:
    ctx.update_snapshot({"heard": snapshot.get("heard", 0) + 1})
    return Message(body={"before": snapshot})


def _replace(msg: Message, snapshot: Any, ctx: Context) -> Message:
    ctx.emit_snapshot({"all": "new"})
    return Message(body={"before": snapshot})


def _refresh(msg: Message, snapshot: Any, ctx: Context) -> Message:
    ctx.update_keys({"oauth": {"access_token": "fresh"}})
    ctx.logger.info("the token is fresh now")
    return Message(body={"refreshed": True})


def _log(msg: Message, snapshot: Any, ctx: Context) -> Message:
    ctx.logger.info("heard %s", msg.body["word"])
    return Message(body={})


def _route(msg: Message, snapshot: Any, ctx: Context) -> Message:
    return Message(body=msg.body, headers={"X-EIO-Routing-Key": msg.body["to"]}, id="of-its-own")


def _shrug(msg: Message, snapshot: Any, ctx: Context) -> None:
    """Do as if a publish that failed did not matter."""
    try:
        ctx.emit(_data(Message(body={}, headers={"x-eio-routing-key": msg.body["to"]})))
    except Exception as error:  # noqa: BLE001 - the worst that an author does
        ctx.logger.info("whatever: %s", type(error).__name__)


def _blow_up(msg: Message, snapshot: Any, ctx: Context) -> Message:
    return Message(body={"text": "x" * msg.body["bytes"]})


def _variables(msg: Message, snapshot: Any, ctx: Context) -> Message:
    return Message(body=dict(ctx.flow_variables))


def _emit_and_hold(msg: Message, snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Emit, and then wait for a file."""
    yield Message(body={"number": 0})
    yield _hold(msg, snapshot, ctx)


def _hold(msg: Message, snapshot: Any, ctx: Context) -> Message:
    """Wait for a file: as a slow service would, but for as long as the test likes."""
    _begun(msg)
    gate = Path(msg.body["gate"])
    while not gate.exists():
        time.sleep(0.005)
    return Message(body={"held": msg.body["gate"]})


def _pause(msg: Message, snapshot: Any, ctx: Context) -> None:
    _begun(msg)
    ctx.pause(3600)


def _ask(msg: Message, snapshot: Any, ctx: Context) -> Message:
    """Ask a service that wants money for it, unless an earlier attempt did."""
    with ctx.journal.open(b"request") as entry:
        if entry.answer is None:
            entry.keep(b"answer")
    _begun(msg)
    if "pause" in msg.body:
        ctx.pause(3600)
    return Message(body={"asked": entry.answer is None})


def _time_out(msg: Message, snapshot: Any, ctx: Context) -> None:
    """Raise what gevent's time limits raise, which is no Exception."""
    from gevent import Timeout  # noqa: PLC0415 - an extra

    raise Timeout(1)


def _compute(msg: Message, snapshot: Any, ctx: Context) -> Message:
    """Wait for a file without a pause in between: no other greenlet runs meanwhile."""
    _begun(msg)
    gate = Path(msg.body["gate"])
    while not gate.exists():
        pass
    return Message(body={"computed": msg.body["gate"]})


def _keep_time(msg: Message, snapshot: Any, ctx: Context) -> None:
    _begun(msg)
    time.sleep(max(0.0, ctx.seconds_left(60)))
    raise TimeoutError("the time is over")


def _begun(msg: Message, which: str = "") -> None:
    if "begun" in msg.body:
        Path(msg.body["begun"] + which).touch()


def _data(message: Message) -> Any:
    from pysailor.context import Data  # noqa: PLC0415 - what no component should reach for

    return Data(message)


_ORDERS: dict[str, Callable[[Message, Any, Context], Any]] = {
    "many": _many,
    "fail": _fail,
    "crash": _crash,
    "exit": _exit,
    "rebound": _rebound,
    "reply": _reply,
    "remember": _remember,
    "replace": _replace,
    "refresh": _refresh,
    "log": _log,
    "route": _route,
    "shrug": _shrug,
    "blow up": _blow_up,
    "variables": _variables,
    "hold": _hold,
    "emit and hold": _emit_and_hold,
    "keep time": _keep_time,
    "pause": _pause,
    "compute": _compute,
    "time out": _time_out,
    "ask": _ask,
}
