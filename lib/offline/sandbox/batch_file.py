"""The file of a batch in the sandbox: the form that it is uploaded in, its lines, and why it is refused. Pure."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .errors import ErrorReply
from .reply import encode

if TYPE_CHECKING:
    from .incoming import IncomingRequest

CHAT = "/v1/chat/completions"
_BOUNDARY = re.compile(r"boundary=\"?([^\";]+)")
_NAME = re.compile(rb'name="([^"]*)"')
_FILENAME = re.compile(rb'filename="([^"]*)"')
_REASONS = {
    "invalid_json_line": "This line is not parseable as valid JSON.",
    "duplicate_custom_id": "The custom_id for this request is a duplicate of another request. The custom_id parameter "
    "must be unique for each request in a batch.",
    "url_mismatch": "The URL provided for this request does not match the batch endpoint.",
    "model_mismatch": "The provided model does not match the model of the other requests in this batch.",
    "empty_file": "The input file is empty.",
}


def read_lines(content: bytes, endpoint: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the lines of a file for an endpoint, and why it is refused."""
    lines: list[dict[str, Any]] = []
    faults: list[dict[str, Any]] = []
    for number, text in enumerate(content.splitlines(), 1):
        line = _parse(text)
        if line is None:
            faults.append(refusal("invalid_json_line", number))
            continue
        if any(line["custom_id"] == before["custom_id"] for before in lines[-200:]):
            faults.append(refusal("duplicate_custom_id", number))
        if line["url"] != endpoint:
            faults.append(refusal("url_mismatch", number))
        if lines and line["body"].get("model") != lines[0]["body"].get("model"):
            faults.append(refusal("model_mismatch", number))
        lines.append(line)
    return lines, faults if lines or faults else [refusal("empty_file", None)]


def refusal(code: str, line: int | None) -> dict[str, Any]:
    """Return why a line, or the whole file, is refused."""
    return {"code": code, "message": _REASONS[code], "param": None, "line": line}


def read_form(call: IncomingRequest) -> tuple[dict[str, str], str, bytes | None]:
    """Return the fields of a form, and the name and the content of its file."""
    found = _BOUNDARY.search(call.headers.get("content-type", ""))
    if found is None:
        raise ErrorReply("We could not parse the body of your request: it is not multipart/form-data.")
    fields: dict[str, str] = {}
    name, content = "", None
    for part in call.body.split(b"--" + found[1].encode())[1:-1]:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        field, file = _NAME.search(head), _FILENAME.search(head)
        value = value.removesuffix(b"\r\n")
        if file:
            name, content = file[1].decode("utf-8", "replace"), value
        elif field:
            fields[field[1].decode("utf-8", "replace")] = value.decode("utf-8", "replace")
    return fields, name, content


def _parse(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except ValueError:
        return None
    is_line = isinstance(line, dict) and isinstance(line.get("body"), dict) and line.get("method") == "POST"
    return line if is_line and isinstance(line.get("custom_id"), str) and "url" in line else None


def example_file() -> bytes:
    """Return the requests of the batch that is always there."""
    asked = ("How long is a day on Venus?", "Name a city on the Rhine.", "What is the opposite of loud?")
    lines = [
        {
            "custom_id": f"question-{number}",
            "method": "POST",
            "url": CHAT,
            "body": {"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": text}]},
        }
        for number, text in enumerate(asked, 1)
    ]
    return b"\n".join(map(encode, lines))
