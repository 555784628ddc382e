"""A command starts soon: nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.offline.sandbox import KEY
from tests.support.broker import eventually

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox
    from tests.support.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
HEAVY = {
    "cryptography",
    "jsonschema",
    "pika",
    "psycopg",
    "redis",
    "requests",
    "starlette",
    "urllib3",
    "uvicorn",
    "yaml",
}
NOT_FOR_A_WORKER = {
    "argparse",
    "certifi",
    "charset_normalizer",
    "html",
    "importlib.metadata",
    "jsonschema",
    "lib.errors.classify",
    "lib.errors.phrases",
    "prometheus_client",
    "redis",
    "requests",
    "tempfile",
    "urllib.request",
    "urllib3",
    "yaml",
}
_PROGRAM = """
import sys
from pysailor.cli import main
try:
    main(sys.argv[1:])
except SystemExit:
    pass
print("imported:", *sorted({name.split(".")[0] for name in sys.modules}))
"""


@pytest.mark.parametrize("command", [("--help",), ("process", "--help")], ids=" ".join)
def test_a_command_that_sends_nothing_imports_nothing_to_send_with(command: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    imported = set(done.stdout.rpartition("imported:")[2].split())
    assert "pysailor" in imported
    assert imported & HEAVY == set()


@pytest.mark.parametrize("pool", ["threads", "greenlets"])
def test_a_worker_imports_only_what_its_first_result_needs(stage: Stage, sandbox: Sandbox, pool: str) -> None:
    if pool == "greenlets":
        pytest.importorskip("gevent")
    stage.platform.step = {"config": {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": "gpt-sandbox-2"}}
    env = stage.env(FUNCTION="sendRequest", PYSAILOR_POOL=pool, PYSAILOR_METRICS_PORT=None)
    with stage.start(env, (sys.executable, "-X", "importtime", "-m", "pysailor", "run"), ROOT) as worker:
        stage.put({"body": {"messages": [{"role": "user", "content": "Hello"}]}})
        assert eventually(lambda: stage.count("data") + stage.count("error")), worker.text
        assert stage.count("error") == 0, worker.text
    imported = {line.rpartition("|")[2].strip() for line in worker.errors.splitlines()}
    assert "lib.completions.endpoint" in imported, worker.errors[-2000:]
    assert [name for name in imported if name in NOT_FOR_A_WORKER or "lib.offline" in name] == []
