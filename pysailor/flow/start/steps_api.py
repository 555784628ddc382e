"""The part of the platform's REST API that processes of steps need, for the steps of one flow."""

from __future__ import annotations

import json
import threading
from base64 import b64encode
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from pysailor.http_server import BackgroundServer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .plan import FlowPlan


class StepsApi(BackgroundServer):
    """Serves each step its settings to whoever logs in as its processes do. A context manager."""

    def __init__(self, plan: FlowPlan, username: str, key: str, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__(host, port, _Handler, "steps-api")
        self._plan = plan
        self._snapshots: dict[str, Any] = {}
        self._lock = threading.Lock()
        self.login = "Basic " + b64encode(f"{username}:{key}".encode()).decode()
        self.hooks: dict[str, Any] = {}

    def take_snapshot(self, step: str, value: Any, *, is_update: bool) -> None:
        """Remember what a step emitted as its memory."""
        with self._lock:
            known = self._snapshots.get(step)
            if is_update and isinstance(known, dict) and isinstance(value, dict):
                value = {**known, **value}
            self._snapshots[step] = value

    def step(self, identity: str) -> Mapping[str, Any] | None:
        """Return what a step's process is told, None if there is no such step."""
        stage = next((each for each in self._plan.stages if each.id == identity), None)
        if stage is None:
            return None
        with self._lock:
            snapshot = self._snapshots.get(identity, {})
        return {
            "id": identity,
            "comp_id": stage.root.name,
            "function": stage.function,
            "config": dict(stage.config),
            "snapshot": snapshot,
            "is_passthrough": stage.passthrough,
            "variables": dict(self._plan.variables),
        }

    @property
    def prefix(self) -> str:
        """What the paths of steps begin with."""
        return f"/v1/tasks/{self._plan.flow_id}/steps/"

    @property
    def hook(self) -> str:
        """The path of what startup hooks keep."""
        return f"/sailor-support/hooks/task/{self._plan.flow_id}/startup/data"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: StepsApi

    def do_GET(self) -> None:
        """Answer with a step, or with what its startup hook kept."""
        if self._refuses():
            return
        if self.path == self.server.hook:
            self._answer(200 if "data" in self.server.hooks else 404, self.server.hooks.get("data", {}))
            return
        from urllib.parse import unquote  # noqa: PLC0415 - the one use of it

        found = self.server.step(unquote(self.path.removeprefix(self.server.prefix)))
        self._answer(404 if found is None else 200, found or {})

    def do_POST(self) -> None:
        """Keep what a startup hook returned."""
        content = self._read()
        if not self._refuses():
            is_known = "data" in self.server.hooks
            if not is_known:
                self.server.hooks["data"] = content
            self._answer(409 if is_known else 201, {})

    def do_PUT(self) -> None:
        """Take fresh keys of a credential; they last as long as this process does not need them again."""
        self._read()
        if not self._refuses():
            self._answer(200, {})

    def do_DELETE(self) -> None:
        """Forget what a startup hook returned."""
        if not self._refuses():
            self.server.hooks.pop("data", None)
            self._answer(204, None)

    def _read(self) -> Any:
        return json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")

    def _refuses(self) -> bool:
        """Answer with 401 unless the request knows the login; return whether it was answered so."""
        if compare_digest(self.headers.get("Authorization", "").encode(), self.server.login.encode()):
            return False
        self._answer(401, {})
        return True

    def _answer(self, status: int, document: Any) -> None:
        content = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""
