"""What a request says twice and not alike: in the words of a chat, and in those of Responses. Pure.

Only one of the two can be sent, so the other would be dropped without a word.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pysailor import Fault

from ..completions.answer.outcome import mapping
from .items import to_items
from .request import CAPS, LOGPROBS, is_search, mapping_in, write_cap, write_format, write_search

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_KEEP: Final = "they mean the same, so only one is sent: keep one of the two"
_LONGEST: Final = 80
_SHAPES: Final = ("function", "custom", "mcp", "allowed_tools")


def find_contradictions(body: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield each field that another one contradicts; where both say the same, there is nothing to tell."""
    text, reasoning = mapping(body.get("text")), mapping(body.get("reasoning"))
    cap = next((name for name in CAPS if body.get(name) is not None), CAPS[0])
    wanted = text.get("format")
    yield from _compare(
        "/text/format", _with_strict(wanted), "response_format", write_format(body.get("response_format"))
    )
    yield from _compare("/text/verbosity", text.get("verbosity"), "verbosity", body.get("verbosity"))
    yield from _compare("/reasoning/effort", reasoning.get("effort"), "reasoning_effort", body.get("reasoning_effort"))
    yield from _compare("/max_output_tokens", body.get("max_output_tokens"), cap, write_cap(body))
    if body.get("messages"):
        items = to_items(body["messages"], stored=body.get("store") is True)
        yield from _compare("/input", body.get("input"), "messages", items)
    yield from _both_shapes("/response_format", body.get("response_format"), ("json_schema",))
    yield from _both_shapes("/tool_choice", body.get("tool_choice"), _SHAPES)
    tools = body.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        yield from _both_shapes(f"/tools/{index}", tool, _SHAPES)
        options = body.get("web_search_options")
        if isinstance(options, dict) and is_search(tool):
            yield from _compare(f"/tools/{index}", tool, "web_search_options", write_search(options))
    include = body.get("include")
    if body.get("logprobs") is False and isinstance(include, list) and LOGPROBS in include:
        yield Fault("/include", f"asks for {LOGPROBS}, and logprobs is false; keep one of the two")


def _with_strict(wanted: Any) -> Any:
    """Return a format as it is meant: what does not say that it is strict is not."""
    if not isinstance(wanted, dict) or wanted.get("type") != "json_schema":
        return wanted
    return {**wanted, "strict": wanted.get("strict") is True}


def _compare(pointer: str, given: Any, other: str, meant: Any) -> Iterator[Fault]:
    if given is not None and meant is not None and given != meant:
        yield Fault(pointer, f"says {_quote(given)}, and {other} says {_quote(meant)}; {_KEEP}")


def _both_shapes(pointer: str, value: Any, shapes: tuple[str, ...]) -> Iterator[Fault]:
    """Yield the members that stand in the shape of Responses and, otherwise, in that of a chat."""
    kind = value.get("type") if isinstance(value, dict) else None
    inner = mapping_in(value, kind) if isinstance(kind, str) and kind in shapes else None
    for name, meant in (inner or {}).items():
        if name in value and name != "type":
            yield from _compare(f"{pointer}/{name}", value[name], f"{kind}.{name}", meant)


def _quote(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
