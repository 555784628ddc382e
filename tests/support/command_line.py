"""The command line, run as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lib.offline.sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lib.offline.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
HELLO = "samples/sendRequest/hello.json"


def pysailor(
    *arguments: str, cwd: Path = ROOT, given: str = "", environment: Mapping[str, str] | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return subprocess.run(
        [sys.executable, "-m", "pysailor", *arguments],
        cwd=cwd,
        env={**clean, "PYTHONPATH": str(ROOT), **(environment or {}), **variables},
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def at(sandbox: Sandbox, scenario: str = "") -> tuple[str, ...]:
    address = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    return ("--cfg", f"baseUrl={address}", "--cfg", f"apiKey={KEY}", "--cfg", "model=gpt-sandbox-2")
