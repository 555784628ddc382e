"""How much of a flow's input is in its queues, so that the next start goes on after it."""

from __future__ import annotations

import hashlib
import json
from itertools import islice
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4, uuid5

from pysailor.whole_file import write_whole

from ..run.errors import FlowStopped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


class Feed:
    """The messages of an input, in order, each with a name that is the same if it is fed again.

    `file` keeps how far it came, for the input called `name`; without a name nothing is kept. A process that is killed
    while it feeds feeds the last few hundred messages again, under the names that they had.
    """

    def __init__(self, bodies: Iterator[Any], file: Path, name: str = "") -> None:
        self._bodies, self._file, self._name = bodies, file, name
        self._run = str(uuid4())
        self._digest = hashlib.blake2b(digest_size=16)
        self.count = 0
        """How many are fed, those of earlier starts included."""

    def skip(self) -> int:
        """Pass over what earlier starts fed and return how many they were; raise FlowStopped if the input changed."""
        kept = self._kept()
        if kept is None:
            return 0
        self._run = kept["run"]
        self._pass(islice(self._bodies, kept["count"]))
        if (self.count, self._digest.hexdigest()) != (kept["count"], kept["digest"]):
            raise FlowStopped(
                f"{self._name} has changed since its first {kept['count']} messages were put in. Give what is new as "
                f"a file of another name; or remove {self._file} to put all of it in, from the beginning"
            )
        return self.count

    def take(self, most: int) -> list[tuple[str, Any]]:
        """Return the next messages, each with its name; fewer than `most` if there are no more."""
        run = UUID(self._run)
        return [(str(uuid5(run, str(self.count + at))), body) for at, body in enumerate(islice(self._bodies, most))]

    def note(self, bodies: Iterable[Any]) -> None:
        """Remember that these are in the queues."""
        self._pass(bodies)
        if self._name:
            document = {"input": self._name, "count": self.count, "digest": self._digest.hexdigest(), "run": self._run}
            self._write(json.dumps(document).encode())

    def forget(self) -> None:
        """Keep nothing: all that was fed went through."""
        self._file.unlink(missing_ok=True)

    def _write(self, content: bytes) -> None:
        try:
            write_whole(self._file, content)
        except OSError as error:
            raise FlowStopped(
                f"{self._file} cannot be written: {error.strerror}; what was put in waits in the queues. Make room: "
                "the same command then goes on, and puts in the last few hundred messages again under the same names"
            ) from error

    def _kept(self) -> dict[str, Any] | None:
        if not self._name or not self._file.exists():
            return None
        try:
            kept = json.loads(self._file.read_text(encoding="utf-8"))
            UUID(kept["run"])
            is_ours = kept["input"] == self._name and kept["count"] >= 0 and isinstance(kept["digest"], str)
        except (OSError, ValueError, TypeError, LookupError, AttributeError) as error:
            raise FlowStopped(f"{self._file} cannot be read; remove it to put in all of {self._name}") from error
        return kept if is_ours else None

    def _pass(self, bodies: Iterable[Any]) -> None:
        for body in bodies:
            self._digest.update(json.dumps(body, sort_keys=True, default=str).encode("utf-8", "surrogatepass"))
            self.count += 1
