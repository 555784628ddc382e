"""The mapper before a step. The passthrough goes on as it came: a mapper leaves no entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, Message
from pysailor.flow.document import parse_flow
from pysailor.flow.mapper import MapContext, compile_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.flow.mapper import Mapping as StepMapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:  # noqa: ARG001 - the contract's
    """Return the body that the step gets; a step without a mapper gets it as it came."""
    mapping = ctx.keep(_Mapper, cfg["flow"], cfg["file"], cfg["step"]).mapping
    body = prepare_error(msg.body, msg.headers.get("stepId"))
    if mapping is not None:
        body = mapping.map(body, MapContext(msg.passthrough or {}, ctx.flow_variables))
    return Message(body=body, headers=msg.headers, attachments=msg.attachments, passthrough=msg.passthrough)


def prepare_error(body: Any, step: Any = None) -> Any:
    """Return an error message's body with name, message, code and step at its root, as an error handler maps them."""
    error = body.get("error") if isinstance(body, dict) else None
    if not (isinstance(error, dict) and body.keys() <= {"error", "errorInput"}):
        return body
    given = body.get("errorInput")
    known = {name: error[name] for name in ("name", "message", "stack", "code") if name in error}
    known |= {} if step is None else {"step": step}
    return {**known, "input": given.get("body") if isinstance(given, dict) else None, **body}


class _Mapper:
    """The step's mapper, compiled once in the process."""

    def __init__(self, flow: str, file: str, step: str) -> None:
        self.mapping: StepMapping | None = compile_mapping(parse_flow(flow, file).step(step))
