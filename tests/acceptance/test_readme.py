"""The README's commands do what stands beside them."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.offline.sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lib.offline.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
# What runs until Ctrl-C, and the server that a reader may have.
LEFT_OUT = re.compile(r"pysailor chat|localhost:11434")
# These show something that is refused.
REFUSED = re.compile(r"pysailor check .*wrong-")
# These print no result where all is well, only a remark.
REMARKS = re.compile(r"pysailor flow (check|report)")


def commands() -> Iterator[str]:
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("pysailor ") and not LEFT_OUT.search(line):
                yield line


def run(line: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    clean |= {"CHATGPT_CONVERSATIONS": f"sqlite:///{folder}/conversations.sqlite"}
    program, *arguments = shlex.split(line)
    return subprocess.run(
        [Path(sys.executable).parent / program, *arguments],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return where conversations are kept: what one command remembers, a later one shows."""
    return tmp_path_factory.mktemp("readme")


@pytest.mark.parametrize("line", [line for line in commands() if "MODEL" not in line])
def test_a_command_of_the_readme_works(line: str, folder: Path, sandbox: Sandbox) -> None:
    needs_key = re.search(r"pysailor (verify|select)", line)
    key = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": sandbox.base_url} if needs_key else {}
    done = run(line, folder, **key)
    assert done.returncode == (1 if REFUSED.search(line) else 0), done.stderr
    assert done.stdout or REMARKS.search(line)


@pytest.mark.parametrize("line", [line for line in commands() if "MODEL" in line])
def test_a_command_with_a_model_of_ones_own_works(line: str, folder: Path, sandbox: Sandbox) -> None:
    done = run(line.replace("MODEL", "gpt-sandbox-2"), folder, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=sandbox.base_url)
    assert done.returncode == 0, done.stderr


def test_commands_are_found() -> None:
    assert len(list(commands())) > 8
