"""How the command line makes a message of what people type, and shows them what came of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_SCHEME = "attachment:"
_COUNTS = ("prompt", "completion")
_SUMS = ("summary", "failed")
"""Outcomes of messages that tell what others cost, or of what nobody answered."""


def body_of(function: str, text: str) -> dict[str, Any] | None:
    """Return the body that a plain text makes: the question, or the text; of a batch, each line is a question."""
    if function == "sendRequest":
        return {"messages": [{"role": "user", "content": text}]}
    if function == "batchSubmit":
        return {"requests": [line for line in text.splitlines() if line.strip()]}
    name = {"ask": "prompt", "embed": "text", "moderate": "text", "batchCollect": "batch_id"}.get(function)
    return {name: text} if name else None


def attach(function: str, body: Any, kinds: Mapping[str, str]) -> Any:
    """Return the body with its message's attachments in it, by name and media type, that it does not have yet."""
    if not isinstance(body, dict) or function not in ("ask", "moderate", "sendRequest"):
        return body
    new = {name: kind for name, kind in kinds.items() if f"{_SCHEME}{name}" not in str(body)}
    if not new:
        return body
    if function == "moderate":
        return _with_fields(body, {name: kind for name, kind in new.items() if kind.startswith("image/")})
    return _with_fields(body, new) if function == "ask" else _with_parts(body, new)


def _with_fields(body: dict[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    images = [f"{_SCHEME}{name}" for name, kind in kinds.items() if kind.startswith("image/")]
    files = [f"{_SCHEME}{name}" for name, kind in kinds.items() if not kind.startswith("image/")]
    more = {"images": images, "files": files}
    return {**body, **{name: [*(body.get(name) or []), *urls] for name, urls in more.items() if urls}}


def _with_parts(body: dict[str, Any], kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return the body with the attachments as parts of the last message."""
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not isinstance(messages[-1], dict):
        return body
    content = messages[-1].get("content")
    parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
    last = {**messages[-1], "content": [*parts, *(_part(name, kind) for name, kind in kinds.items())]}
    return {**body, "messages": [*messages[:-1], last]}


def _part(name: str, kind: str) -> dict[str, Any]:
    url = f"{_SCHEME}{name}"
    if kind.startswith("image/"):
        return {"type": "image_url", "image_url": {"url": url}}
    if kind.startswith("audio/"):
        return {"type": "input_audio", "input_audio": {"data": url}}
    return {"type": "file", "file": {"file_url": url}}


def text_of(function: str, body: Any) -> str | None:
    """Return the text of an emitted answer, None if it has none (it asks for tools, for example)."""
    if not isinstance(body, dict):
        return None
    if function == "ask":
        found = body.get("answer") or body.get("refusal")
    else:
        choices = body.get("choices")
        message = choices[0].get("message") if isinstance(choices, list) and choices else None
        found = (message.get("content") or message.get("refusal")) if isinstance(message, dict) else None
    return found if isinstance(found, str) else None


def doubts_of(function: str, body: Any) -> list[str]:
    """Return what a person who sees the text alone must know of it: that it broke off, was refused, and warnings."""
    if not isinstance(body, dict) or function not in ("ask", "batchCollect", "batchSubmit", "embed", "sendRequest"):
        return []
    report = _report(body)
    outcome, warnings = report.get("outcome"), report.get("warnings")
    broken = [f"the answer is not complete: {outcome}"] if outcome not in (None, "complete", "piece", "summary") else []
    return [*broken, *map(str, warnings if isinstance(warnings, list) else ())]


def summarize(bodies: Iterable[Any]) -> str:
    """Return the tokens and the cost of some emitted messages, "" if none tells them."""
    told = [report for report in map(_report, bodies) if isinstance(report.get("usage"), dict)]
    reports = [report for report in told if report.get("outcome") not in _SUMS]
    taken, given = (sum(_number(report["usage"].get(name)) for report in reports) for name in _COUNTS)
    if not taken and not given:
        return ""
    costs = [report.get("cost") for report in reports]
    amounts = [Decimal(str(cost["exact"])) for cost in costs if isinstance(cost, dict) and "exact" in cost]
    price = f"US$ {sum(amounts, Decimal()):f}" if len(amounts) == len(costs) else "price unknown"
    return f"{taken:,} tokens in, {given:,} out; {price}"


def _report(body: Any) -> Mapping[str, Any]:
    """Return where usage and cost stand: in Ask's body, or in the result beside a completion."""
    if not isinstance(body, dict):
        return {}
    result = body.get("result")
    return result if isinstance(result, dict) else body


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0
