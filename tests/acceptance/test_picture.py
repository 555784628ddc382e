"""The README's picture shows what the product does now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_picture_is_what_the_commands_show() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools/draw-demo", "--check"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_shows_it_before_the_first_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert 0 < readme.index("](docs/demo.svg)") < readme.index("make demo")
