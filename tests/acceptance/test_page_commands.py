"""The commands on the pages of the documentation do what they say, as those of the README do."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
# Another test runs these: step by step, since each builds on the one before.
STEP_BY_STEP = {"budgets.md", "rabbitmq.md", "flows.md", "writing-a-step.md"}
# What runs until Ctrl-C, asks the real service or a worker, or is read by a shell.
LEFT_OUT = re.compile(r"pysailor (chat|sandbox|local|top|completion|flow start|conversations)|sk-|\b[A-Z]{3,}\b|…")


def commands() -> Iterator[tuple[str, str]]:
    for page in sorted(ROOT.glob("docs/*.md")):
        text = page.read_text(encoding="utf-8")
        found = re.findall(r"^```(\w*)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        blocks = "\n".join(block for language, block in found if language in ("", "sh")).replace("\\\n", " ")
        typed = [*blocks.splitlines(), *re.findall(r"`(pysailor [^`\n]+)`", text)]
        for line in dict.fromkeys(typed):
            has_argument = len(shlex.split(line, comments=True)) > 3 if line.startswith("pysailor ") else False
            if page.name not in STEP_BY_STEP and has_argument and not LEFT_OUT.search(line):
                yield page.name, line


@pytest.mark.parametrize(("page", "line"), list(commands()))
def test_a_command_of_a_page_works(page: str, line: str, tmp_path: Path) -> None:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    program, *arguments = shlex.split(line, comments=True)
    done = subprocess.run(
        [Path(sys.executable).parent / program, *arguments],
        cwd=ROOT,
        env=clean | {"CHATGPT_CONVERSATIONS": f"sqlite:///{tmp_path}/conversations.sqlite"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, f"{page}: {done.stderr}"
    assert done.stdout


def test_commands_are_found() -> None:
    assert {"batches.md", "responses.md"} <= {page for page, _ in commands()}
