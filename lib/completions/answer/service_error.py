"""Whether what came is an error, though its status says yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORDS: Final = ("message", "detail", "details", "msg", "error_msg", "error_message", "errorMessage", "title", "reason")


def find_error(document: Mapping[str, Any]) -> Any:
    """Return the error in an answer, a chunk or one of their choices; None if there is none.

    Errors stand under `error`, in a choice, under a vendor's name, or are the whole document.
    """
    choices = document.get("choices")
    found = document.get("error") or (_error_of_choice(choices) if choices else None)
    if found and not (choices and _is_empty(found)):
        return found
    if choices and document.get("object") != "error":
        return None
    vendors = document.get("base_resp")
    if isinstance(vendors, dict) and vendors.get("status_code"):
        return {"message": vendors.get("status_msg"), "code": vendors.get("status_code")}
    if document.get("object") == "error" or document.get("type") == "error":
        return document
    is_answer = isinstance(document.get("choices"), list) or "usage" in document or "id" in document
    if not is_answer and (document.get("errors") or any(isinstance(document.get(name), str) for name in _WORDS)):
        return document.get("errors") or document
    held = [value.get("error") for value in document.values() if isinstance(value, dict)]
    return None if is_answer else next(filter(None, held), None)


def _is_empty(error: Any) -> bool:
    """Return whether an error tells nothing, as some servers write that there is none."""
    return isinstance(error, dict) and not any(error.values())


def _error_of_choice(choices: Any) -> Any:
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict) and choice.get("error"):
            return choice["error"]
    return None
