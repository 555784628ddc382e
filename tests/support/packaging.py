"""Programs run outside of the checkout, by interpreters that this machine has, and what they log."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path


def interpreter(version: str) -> Path | None:
    """Return an interpreter that can make virtual environments; None if there is none."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return Path(sys.executable)
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found = [*sorted(pyenv.glob(f"{version}.*/bin/python")), shutil.which(f"python{version}")]
    works = (path for path in found if path and _succeeds(str(path), "-c", "import ensurepip, venv"))
    return next((Path(path) for path in works), None)


def _succeeds(*command: str) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def run_any(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTHON"))}
    return subprocess.run(
        command, cwd=cwd, env=clean | environment, capture_output=True, text=True, timeout=120, check=False
    )


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    finished = run_any(*command, cwd=cwd, **environment)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def messages(log: str) -> list[str]:
    return [json.loads(line)["msg"] for line in log.splitlines()]


def first_of(log: str) -> str:
    """Return the first of the faults that the only line of a log names."""
    (message,) = messages(log)
    return message.split("; ")[0]
