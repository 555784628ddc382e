"""Files and batches of the sandbox: kept in memory, and answered at the first look at them.

How a batch ends is the scenario's to say, each time it is looked at; without one it is completed.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from . import errors
from .batch_file import example_file, read_form, read_lines, refusal
from .errors import ErrorReply
from .reply import SandboxReply, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .incoming import IncomingRequest

EXAMPLE = "batch_sandbox"
"""A batch that is always there."""
_ENDPOINTS = ("/v1/chat/completions", "/v1/embeddings", "/v1/moderations", "/v1/responses")
_MEMORY = (
    "The sandbox keeps files and batches in memory only: they end with the command that started it. Let "
    f"`pysailor sandbox` run for as long as both are needed, or collect {EXAMPLE}, which is always there."
)
_MOST_KEPT = 1000
_MOST_LISTED = 100
_MOST_BYTES = 256 << 20
_DAY = 86_400
_QUEUE_FULL = (
    "Enqueued token limit reached for gpt-sandbox-2 in organization org-sandbox. Limit: 2,000,000 enqueued tokens. "
    "Please try again once some in_progress batches have been completed."
)

SCENARIOS: dict[str, str] = {
    "batch_slow": "batches: it is never done",
    "batch_failed": "batches: the file is refused, its first line named",
    "batch_queue_full": "batches: the file is refused, too many tokens wait already",
    "batch_expired": "batches: the day is over, half of the lines are answered",
    "batch_cancelled": "batches: it was cancelled, half of the lines are answered",
    "batch_partly_failed": "batches: every second line fails, in turn with 400 and 500",
    "batch_all_failed": "batches: completed, and no line was answered",
    "batch_line_missing": "batches: the last line is in none of the files",
    "batch_file_slow": "batches: the files take some seconds to come",
    "batch_file_missing": "batches: completed, but the file of the answers is gone",
}


@dataclass(frozen=True, slots=True)
class _File:
    id: str
    name: str
    purpose: str
    content: bytes
    created: int

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "file",
            "bytes": len(self.content),
            "created_at": self.created,
            "expires_at": self.created + 30 * _DAY,
            "filename": self.name,
            "purpose": self.purpose,
            "status": "processed",
        }


@dataclass(frozen=True, slots=True)
class _Batch:
    id: str
    request: Mapping[str, Any]
    created: int
    cancelled: bool = False


class Batches:
    """What was uploaded and submitted. `run` answers the body of one line: its status, and the answer."""

    def __init__(self, run: Callable[[str, Any], tuple[int, Any]]) -> None:
        self._run = run
        self._files: OrderedDict[str, _File] = OrderedDict()
        self._batches: OrderedDict[str, _Batch] = OrderedDict()
        self._lock = threading.Lock()
        file = self._keep_file("requests.jsonl", "batch", example_file())
        self._batches[EXAMPLE] = _Batch(EXAMPLE, {"input_file_id": file.id, "endpoint": _ENDPOINTS[0]}, file.created)

    def reply(self, call: IncomingRequest, path: str, scenario: str | None) -> SandboxReply:
        """Return the reply to a request to /v1/files or /v1/batches; raise ErrorReply."""
        _, _, kind, *rest = path.split("/")
        with self._lock:
            if kind == "files":
                return self._files_reply(call, rest, scenario)
            return SandboxReply(body=encode(self._batches_reply(call, rest, scenario)))

    def _files_reply(self, call: IncomingRequest, rest: list[str], scenario: str | None) -> SandboxReply:
        if not rest:
            return SandboxReply(body=encode(self._upload(call).to_json()))
        if rest[0].startswith(("output-", "error-")) and rest[1:] == ["content"]:
            return SandboxReply(body=self._result(rest[0], scenario), media="application/octet-stream")
        file = self._files.get(rest[0])
        if file is None:
            raise _no_such("File", rest[0])
        if rest[1:] == ["content"]:
            return SandboxReply(body=file.content, media="application/octet-stream")
        if call.method == "DELETE":
            del self._files[file.id]
            return SandboxReply(body=encode({"id": file.id, "object": "file", "deleted": True}))
        return SandboxReply(body=encode(file.to_json()))

    def _upload(self, call: IncomingRequest) -> _File:
        fields, name, content = read_form(call)
        if fields.get("purpose") != "batch":
            raise ErrorReply(f"{fields.get('purpose')!r} is not one of ['batch'] - 'purpose'", param="purpose")
        if content is None:
            raise errors.missing("file")
        if not name.endswith(".jsonl"):
            raise ErrorReply("Invalid file format for Batch API. Must be .jsonl", param="file")
        return self._keep_file(name, "batch", content)

    def _keep_file(self, name: str, purpose: str, content: bytes) -> _File:
        file_id = f"file-{hashlib.sha256(content).hexdigest()[:24]}"
        self._files[file_id] = _File(file_id, name, purpose, content, int(time.time()))
        while len(self._files) > _MOST_KEPT or sum(len(one.content) for one in self._files.values()) > _MOST_BYTES:
            self._files.popitem(last=False)
        return self._files[file_id]

    def _batches_reply(self, call: IncomingRequest, rest: list[str], scenario: str | None) -> dict[str, Any]:
        if not rest and call.method == "POST":
            return self._create(call)
        if not rest:
            return self._list(call, scenario)
        batch = self._batches.get(rest[0])
        if batch is None:
            raise _no_such("Batch", rest[0])
        if rest[1:] == ["cancel"]:
            batch = self._batches[batch.id] = _Batch(batch.id, batch.request, batch.created, cancelled=True)
        return self._view(batch, scenario)

    def _create(self, call: IncomingRequest) -> dict[str, Any]:
        request = _parse_json(call.body)
        if not isinstance(request, dict):
            raise errors.wrong_type("", "an object", type(request).__name__)
        for name in ("input_file_id", "endpoint", "completion_window"):
            if name not in request:
                raise errors.missing(name)
        if request["endpoint"] not in _ENDPOINTS:
            raise ErrorReply(f"Invalid value: '{request['endpoint']}'.", param="endpoint", code="invalid_value")
        if request["completion_window"] != "24h":
            raise ErrorReply("Invalid value for 'completion_window'.", param="completion_window", code="invalid_value")
        if request["input_file_id"] not in self._files:
            raise _no_such("File", str(request["input_file_id"]), status=400)
        number = f"{len(self._batches)} {request['input_file_id']}"
        batch = _Batch(f"batch_{hashlib.sha256(number.encode()).hexdigest()[:32]}", request, int(time.time()))
        self._batches[batch.id] = batch
        if len(self._batches) > _MOST_KEPT:
            self._batches.popitem(last=False)
        return _view_of(batch, "validating")

    def _list(self, call: IncomingRequest, scenario: str | None) -> dict[str, Any]:
        asked = parse_qs(call.query)
        newest = list(reversed(self._batches.values()))
        ids = [one.id for one in newest]
        after = asked.get("after", [""])[0]
        start = ids.index(after) + 1 if after in ids else 0
        page = newest[start : start + min(_MOST_LISTED, _limit(asked.get("limit", ["20"])[0]))]
        data = [_view_of(one, "in_progress" if scenario == "batch_slow" else "validating") for one in page]
        return {"object": "list", "data": data, "has_more": start + len(page) < len(newest)}

    def _view(self, batch: _Batch, scenario: str | None) -> dict[str, Any]:
        lines, faults = self._lines_of(batch)
        if scenario == "batch_failed" and not faults:
            faults = [refusal("invalid_json_line", 1)]
        if scenario == "batch_queue_full":
            faults = [{"code": "token_limit_exceeded", "message": _QUEUE_FULL, "param": None, "line": None}]
        if faults:
            return {**_view_of(batch, "failed"), "errors": {"object": "list", "data": faults[:100]}}
        if scenario == "batch_slow":
            return _view_of(batch, "in_progress", {"total": len(lines), "completed": len(lines) // 2, "failed": 0})
        results = [self._line(batch, index, line, len(lines), scenario) for index, line in enumerate(lines)]
        answered = sum(_is_answered(one) for one in results)
        failed = sum(one is not None and not _is_answered(one) for one in results)
        counts = {"total": len(lines), "completed": answered, "failed": failed}
        view = _view_of(batch, _ending(batch, scenario), counts)
        files = {"output_file_id": f"output-{batch.id}" if answered else None}
        return {**view, **files, "error_file_id": f"error-{batch.id}" if failed else None}

    def _result(self, file_id: str, scenario: str | None) -> bytes:
        kind, _, batch_id = file_id.partition("-")
        batch = self._batches.get(batch_id)
        if batch is None or (scenario == "batch_file_missing" and kind == "output"):
            raise _no_such("File", file_id)
        lines, _ = self._lines_of(batch)
        results = [self._line(batch, index, line, len(lines), scenario) for index, line in enumerate(lines)]
        wanted = [one for one in results if one is not None and _is_answered(one) is (kind == "output")]
        return b"\n".join(encode(one) for one in reversed(wanted))  # in another order, and without a last line end

    def _lines_of(self, batch: _Batch) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """Return the lines of a batch's file, and why it is refused."""
        file = self._files.get(str(batch.request["input_file_id"]))
        return read_lines(file.content if file else b"", str(batch.request["endpoint"]))

    def _line(
        self, batch: _Batch, index: int, line: Mapping[str, Any], count: int, scenario: str | None
    ) -> dict[str, Any] | None:
        """Return what came of one line; None for one that is in no file."""
        known = {"id": f"batch_req_{batch.id[6:]}_{index}", "custom_id": line["custom_id"]}
        ending = _ending(batch, scenario)
        if ending in ("expired", "cancelled") and index >= count // 2:
            why = {"code": f"batch_{ending}", "message": f"This request was not run: the batch {ending}."}
            return {**known, "response": None, "error": why}
        if scenario == "batch_line_missing" and index == count - 1:
            return None
        status, body = self._run(line["url"], line["body"])
        if scenario == "batch_all_failed" or (scenario == "batch_partly_failed" and index % 4 == 1):
            status, body = 400, {"error": ErrorReply("Invalid value for 'messages'.", param="messages").error}
        elif scenario == "batch_partly_failed" and index % 4 == 3:  # noqa: PLR2004 - in turn
            status, body = 500, {"error": errors.broken_server().error}
        response = {"status_code": status, "request_id": f"req_{known['id']}", "body": body}
        return {**known, "response": response, "error": None}


def _parse_json(text: bytes) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise errors.no_json() from error


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= _MOST_LISTED):
        raise ErrorReply(f"Invalid 'limit': expected an integer from 1 to {_MOST_LISTED}.", param="limit")
    return int(text)


def _is_answered(result: Mapping[str, Any] | None) -> bool:
    return result is not None and result["response"] is not None and result["response"]["status_code"] == 200  # noqa: PLR2004


def _ending(batch: _Batch, scenario: str | None) -> str:
    if scenario == "batch_expired":
        return "expired"
    return "cancelled" if batch.cancelled or scenario == "batch_cancelled" else "completed"


def _view_of(batch: _Batch, status: str, counts: Mapping[str, int] | None = None) -> dict[str, Any]:
    names = ("in_progress", "finalizing", "completed", "failed", "expired", "cancelling", "cancelled")
    times = {f"{name}_at": batch.created if name == status else None for name in names}
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.request["endpoint"],
        "errors": None,
        "input_file_id": batch.request["input_file_id"],
        "completion_window": "24h",
        "status": status,
        "output_file_id": None,
        "error_file_id": None,
        "created_at": batch.created,
        "expires_at": batch.created + _DAY,
        **times,
        "request_counts": dict(counts or {"total": 0, "completed": 0, "failed": 0}),
        "metadata": batch.request.get("metadata"),
    }


def _no_such(what: str, name: str, status: int = 404) -> ErrorReply:
    param = "id" if what == "File" else "batch_id"
    return ErrorReply(f"No such {what} object: {name[:100]}. {_MEMORY}", status=status, param=param)
