"""The Dockerfile, carried out where there is no Docker: its steps as a script, inside a folder instead of an image."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
_ABSOLUTE = re.compile(r"(?<![\w./}])/(?=(?:opt|component|build|home|usr/local)\b)")
_COMMENT = re.compile(r"^\s*#.*\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Instruction:
    """One line of a Dockerfile, continued lines joined."""

    name: str
    value: str

    @property
    def words(self) -> list[str]:
        """Return the arguments that are no options."""
        return [word for word in self.value.split() if not word.startswith("--")]

    @property
    def is_from_a_stage(self) -> bool:
        """Whether a COPY takes from an earlier stage, not from the checkout."""
        return self.value.startswith("--from=")


def instructions() -> list[Instruction]:
    """Read the Dockerfile."""
    text = _COMMENT.sub("", (ROOT / "Dockerfile").read_text())
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [Instruction(*line.split(maxsplit=1)) for line in lines if line.strip()]


def sources() -> Iterator[str]:
    """Return what the image is made of."""
    for each in instructions():
        if each.name == "COPY" and not each.is_from_a_stage:
            yield from each.words[:-1]


@dataclass
class Image:
    """A folder that holds what the image would hold at the same paths, besides what its base brings.

    Both stages share the folder. The step that installs Debian's packages and makes the user is left out: it needs
    the base image and root.
    """

    folder: Path
    python: Path
    directory: Path = field(init=False)
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        """Begin with what a base image gives: an interpreter on the path."""
        self.directory = self.folder
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("ELASTICIO_", "OPENAI_", "PYTHON"))
        }
        self.environment["PATH"] = f"{self.python.parent}:{os.defpath}:/usr/sbin"

    def build(self) -> None:
        """Carry out every step."""
        for each in instructions():
            getattr(self, f"_{each.name.lower()}", _nothing)(each)

    def at(self, path: str) -> Path:
        """Return where a path of the image is."""
        return self.folder / path.lstrip("/")

    def run(self, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a container would; it sees the paths of the image only through its environment."""
        return subprocess.run(
            command,
            cwd=self.directory,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def _workdir(self, instruction: Instruction) -> None:
        self.directory = self.at(instruction.value)
        self.directory.mkdir(parents=True, exist_ok=True)

    def _arg(self, instruction: Instruction) -> None:
        name, _, value = instruction.value.partition("=")
        self.environment[name] = value

    def _env(self, instruction: Instruction) -> None:
        for word in instruction.words:
            name, _, value = word.partition("=")
            self.environment[name] = self._map(value).replace("$PATH", self.environment["PATH"])

    def _copy(self, instruction: Instruction) -> None:
        *found, target = instruction.words
        for source in found:
            before = self.at(source) if instruction.is_from_a_stage else ROOT / source
            after = self.at(target) if target.startswith("/") else self.directory / target
            if before != after:
                _copy(before, after / before.name if target.endswith("/") else after)

    def _run(self, instruction: Instruction) -> None:
        if instruction.value.startswith("apt-get "):
            return
        done = self.run("sh", "-e", "-c", self._map(instruction.value))
        assert done.returncode == 0, f"{instruction.value}\n{done.stdout}\n{done.stderr}"

    def _map(self, text: str) -> str:
        return _ABSOLUTE.sub(f"{self.folder}/", text)


def _copy(before: Path, after: Path) -> None:
    after.parent.mkdir(parents=True, exist_ok=True)
    if before.is_dir():
        shutil.copytree(before, after, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(before, after)


def _nothing(_: Instruction) -> None:
    """Pass over what says nothing about files."""
