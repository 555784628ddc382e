"""Starts a flow with each HTTP request: those that a platform received, or those that this step listens for."""

from __future__ import annotations

from argparse import ArgumentTypeError
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidConfig, Message, port

from .server import WebhookServer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield the message as it came where no port is set, else one for each request until there were as many as set.

    Raise Stopped when the worker stops before: it listens again when the message is brought again.
    """
    if not cfg.get("port"):
        yield Message(body=msg.body, headers=msg.headers, attachments=msg.attachments)
        return
    with WebhookServer(cfg["host"], _port(cfg), float(cfg["waitForReply"])) as server:
        ctx.logger.info("listening on %s", server.address)
        left = int(cfg["requests"])
        while True:
            with server.next_request(lambda: ctx.is_stopping) as request:
                yield Message(body=request.body, headers={"reply_to": request.reply_to})
            left -= 1
            if left == 0:
                return


def address(cfg: Mapping[str, Any]) -> str:
    """Return where the step listens, "" where a platform receives the requests."""
    return f"http://{cfg['host']}:{_port(cfg)}/" if cfg.get("port") else ""


def _port(cfg: Mapping[str, Any]) -> int:
    try:
        return port(str(cfg["port"]))
    except ArgumentTypeError as error:
        raise InvalidConfig(str(error), pointer="/port") from error
