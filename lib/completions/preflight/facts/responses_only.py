"""What of a request only the Responses API takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FIELDS: Final = (
    *("previous_response_id", "conversation", "include", "background", "background_options", "truncation"),
    *("context_management", "max_tool_calls", "reasoning", "text", "prompt", "instructions", "image"),
    "access_programs",
)
HOSTED: Final = ("web_search", "web_search_2025_08_26", "web_search_preview", "file_search", "code_interpreter")
OTHERS: Final = (
    *("image_generation", "mcp", "computer", "computer_use_preview", "shell", "local_shell", "apply_patch"),
    *("tool_search", "namespace", "programmatic_tool_calling"),
)


def find_responses_only(body: Mapping[str, Any]) -> Iterator[str]:
    """Yield the pointer of each member that is set, and of each tool that runs at the service."""
    for name in FIELDS:
        if name in body and body[name] is not None and body[name] is not False:
            yield f"/{name}"
    tools = body.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else ()):
        if isinstance(tool, dict) and tool.get("type") in (*HOSTED, *OTHERS):
            yield f"/tools/{index}"
