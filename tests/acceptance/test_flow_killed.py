"""A flow that asks a service by the built-in HTTP step is killed again and again: no answered request is made again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MESSAGES, KILLS, AT_ONCE = 120, 3, 4
FLOW = f"""
flow: 1
name: Ask
components:
  lines: {{builtin: file}}
  http: {{builtin: http}}
  json: {{builtin: jsonata}}
steps:
  in: {{run: 'lines:lines', fields: {{url: in.jsonl}}}}
  ask: {{run: 'http:request', after: in, tune: {{prefetch: {AT_ONCE}}}, fields: {{url: URL}}, map: {{query: {{n: n}}}}}}
  out: {{run: 'json:transform', after: ask, fields: {{expression: 'responseBody'}}}}
"""
PROGRAM = "from pysailor.cli import main; import sys; sys.exit(main(sys.argv[1:]))"


class Service(ThreadingHTTPServer):
    """Answers; at some requests it kills who asks, before it answers."""

    asked: list[str]
    numbers: Iterator[int]
    kill_at: set[int]
    asker: subprocess.Popen[str]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Service

    def do_GET(self) -> None:
        """Answer."""
        self.server.asked.append(self.path)
        if next(self.server.numbers) in self.server.kill_at:
            os.kill(self.server.asker.pid, signal.SIGKILL)
        content = json.dumps({"n": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def handle(self) -> None:
        """Bear that who asks is killed."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True


@pytest.fixture
def service() -> Iterator[Service]:
    with Service(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.asked, server.numbers, server.kill_at = [], count(1), {30, 60, 90}
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_what_was_answered_before_a_kill_is_not_asked_again(service: Service, tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW.replace("URL", f"'http://127.0.0.1:{service.server_port}/'"))
    (tmp_path / "in.jsonl").write_text("".join(f'{{"n": {n}}}\n' for n in range(MESSAGES)))
    codes = []
    for arguments in (["flow.yaml", "--input", "in.jsonl"], *[["--resume", "last"]] * KILLS):
        command = [sys.executable, "-c", PROGRAM, "flow", "run", *arguments]
        service.asker = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
        _, said = service.asker.communicate()
        codes.append(service.asker.returncode)
    assert codes == [-signal.SIGKILL] * KILLS + [0], said
    assert len(Counter(service.asked)) == MESSAGES
    assert len(service.asked) <= MESSAGES + KILLS * AT_ONCE
    (results,) = tmp_path.glob(".pysailor/runs/*/results.jsonl")
    assert len({json.loads(line)["message"] for line in results.read_text().splitlines()}) == MESSAGES
    assert len(results.read_text().splitlines()) == MESSAGES
