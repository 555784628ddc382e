"""The ways out of a step, as a stage of its own. The passthrough goes on as it came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, Message
from pysailor.flow.document import parse_flow
from pysailor.flow.run.routes import StepRoutes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROUTING_KEY = "x-eio-routing-key"


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:  # noqa: ARG001 - as above
    """Yield the message once for each way that it takes."""
    targets = ctx.keep(_Router, cfg["flow"], cfg["file"], cfg["step"]).routes.choose(msg, ctx.flow_variables)
    if not targets:
        ctx.logger.warning("No condition is true for this message: it ends here")
    for target in targets:
        headers = {**msg.headers, ROUTING_KEY: f"{cfg['key']}{target}"}
        yield Message(body=msg.body, headers=headers, attachments=msg.attachments, passthrough=msg.passthrough)


class _Router:
    """The step's ways, their conditions compiled once in the process."""

    def __init__(self, text: str, file: str, step: str) -> None:
        flow = parse_flow(text, file)
        self.routes = StepRoutes([target.after for target in flow.targets(step) if target.after])
