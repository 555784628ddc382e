"""A command starts soon: nothing heavy is imported before it is needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

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
