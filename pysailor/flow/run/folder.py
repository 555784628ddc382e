"""A run's directory: what it was about, its ledger, what came out.

run.json        the flow, the input and the settings that it began with, and how it ended
ledger.jsonl    a line for each message and step: outcome, tries, tokens, cost, time
spool.jsonl     what steps gave to the next ones: what --resume goes on from; removed when all is done
snapshots.jsonl what steps were to remember, for --resume, too
results.jsonl   what the last steps gave
errors.jsonl    what failed, with the input
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, Final, Self

from pysailor.whole_file import write_whole

from .errors import CannotResume, FlowStopped

RUNS: Final = Path(".pysailor", "runs")
CALLS: Final = "calls.sqlite"
LEDGER, SPOOL, RESULTS, ERRORS, ABOUT = "ledger.jsonl", "spool.jsonl", "results.jsonl", "errors.jsonl", "run.json"
SNAPSHOTS: Final = "snapshots.jsonl"
_NEEDED: Final = ("run", "flow", "flow_content")


class RunFolder:
    """The directory of one run, held by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.about: dict[str, Any] = {}
        self._lock = -1

    @classmethod
    def create(cls, name: str, about: dict[str, Any], runs: Path | None = None) -> Self:
        """Make the directory of a new run, `<flow>-<time>`; `about` is kept in run.json."""
        plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "flow"
        parent = RUNS if runs is None else runs
        base = f"{plain}-{time.strftime('%Y%m%d-%H%M%S')}"
        for end in ("", *(f"-{secrets.token_hex(2)}" for _ in range(20))):
            try:
                (parent / f"{base}{end}").mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise no_room(parent, error) from error
            folder = cls(parent / f"{base}{end}")
            try:
                folder.hold()
                folder.note({**about, "run": folder.path.name, "began": _now()})
            except OSError as error:
                shutil.rmtree(folder.path, ignore_errors=True)
                raise no_room(parent, error) from error
            return folder
        raise CannotResume(f"no directory for the run can be made in {parent}")

    @classmethod
    def open(cls, path: Path) -> Self:
        """Return the directory of an earlier run; raise CannotResume if it is none."""
        folder = cls(path)
        try:
            about = json.loads((path / ABOUT).read_text(encoding="utf-8", errors="surrogateescape"))
            is_whole = all(isinstance(about[name], str) for name in _NEEDED)
        except (OSError, ValueError, TypeError, LookupError):
            is_whole = False
        if not is_whole:
            raise CannotResume(
                f"{path / ABOUT} cannot be read, or is not that of a run: put a copy of it back, or start a new run"
            )
        folder.about = about
        return folder

    def hold(self) -> None:
        """Keep other processes from writing here; raise CannotResume if one does already."""
        self._lock = os.open(self.path / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self.close()
            raise CannotResume(f"the run {self.path.name} is going on in another process") from error

    def note(self, members: dict[str, Any]) -> None:
        """Add to run.json: written beside it and moved, so that it is whole at every moment."""
        self.about = {**self.about, **members}
        text = json.dumps(self.about, indent=2, ensure_ascii=False) + "\n"
        write_whole(self.path / ABOUT, text.encode("utf-8", "surrogateescape"))

    def end(self, outcome: str, summary: dict[str, Any]) -> None:
        """Note how the run ended; where all is done, nothing is left to go on from."""
        try:
            self.note({"outcome": outcome, "ended": _now(), **summary})
        except OSError as error:
            raise FlowStopped(
                f"how the run ended cannot be written in {self.path}: {error.strerror}; what was answered is kept. "
                f"Make room, then go on with pysailor flow run --resume {self.path.name}"
            ) from error
        if outcome == "done":
            for left in (SPOOL, SNAPSHOTS, *(f"{CALLS}{end}" for end in ("", "-wal", "-shm"))):
                (self.path / left).unlink(missing_ok=True)

    def discard(self) -> None:
        """Remove the directory of a run that nothing has come into; what an earlier part left is kept."""
        if not any((self.path / name).stat().st_size for name in (SPOOL, LEDGER) if (self.path / name).exists()):
            shutil.rmtree(self.path)

    def close(self) -> None:
        """Let other processes have it."""
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def no_room(directory: Path, error: OSError) -> FlowStopped:
    """Return the error of a run that cannot begin, for nothing of it could be kept."""
    return FlowStopped(
        f"nothing can be written in {directory}: {error.strerror}; nothing was asked. Make room for 2 MB at least, or "
        "name another folder with --runs DIR"
    )


def find_run(name: str, runs: Path | None = None) -> Path:
    """Return the directory of a run by its path or name; `last` is the newest. Raise CannotResume if there is none."""
    parent = RUNS if runs is None else runs
    if (Path(name) / ABOUT).is_file():
        return Path(name)
    known = sorted((found.parent for found in parent.glob(f"*/{ABOUT}")), key=lambda path: path.stat().st_mtime)
    if name == "last" and known:
        return known[-1]
    if (parent / name / ABOUT).is_file():
        return parent / name
    newest = ", ".join(path.name for path in reversed(known[-5:])) or "none"
    raise CannotResume(f'there is no run "{name}" in {parent}; the newest: {newest}')


def fingerprint(path: Path) -> str:
    """Return what tells a file's content from another's."""
    found = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def _now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S%z")
