"""A sailor that is measured: its process, and what the system knows of it."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TICK = os.sysconf("SC_CLK_TCK")
_SECONDS_TO_STOP = 20.0


@dataclass(frozen=True, eq=False)
class Contender:
    """A sailor: how it is started, and where."""

    name: str
    command: tuple[str, ...]
    folder: Path
    env: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def running(self, env: Mapping[str, str]) -> Iterator[Running]:
        """Return its process, which ends with the block."""
        with tempfile.TemporaryFile() as log:
            process = subprocess.Popen(  # noqa: S603 - our own commands
                self.command, cwd=self.folder, env={**env, **self.env}, stdout=log, stderr=log
            )
            try:
                yield Running(process, log)
                _stop(process, signal.SIGTERM)
            finally:
                _stop(process, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Running:
    """A process; the figures come from /proc."""

    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def said(self) -> str:
        """Return the end of what it printed."""
        self.log.seek(0)
        return self.log.read()[-3000:].decode(errors="replace")

    def cpu(self) -> float:
        """Return the seconds of CPU that it has used, user and system, all threads."""
        after_name = self._file("stat").rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / _TICK

    def memory(self) -> float:
        """Return the MiB that it holds now."""
        return self._mebibytes("VmRSS")

    def peak(self) -> float:
        """Return the most MiB that it ever held."""
        return self._mebibytes("VmHWM")

    def _mebibytes(self, name: str) -> float:
        lines = dict(line.split(":", 1) for line in self._file("status").splitlines())
        return int(lines[name].split()[0]) / 1024

    def _file(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="ascii")


def _stop(process: subprocess.Popen[bytes], number: int) -> None:
    """End it, if it has not ended by itself."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(_SECONDS_TO_STOP)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
