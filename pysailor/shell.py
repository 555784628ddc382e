"""What every command reads in the same way, the runtime's and a component's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LARGEST_PORT: Final = 65_535
_DOTENV: Final = ".env"
_TOP_OF_A_PROJECT: Final = ("component.json", ".git")


def port(text: str) -> int:
    """Return the number of a port, 0 for any free one; for argparse, raise its ArgumentTypeError."""
    if text.isascii() and text.isdecimal() and int(text[:6]) <= _LARGEST_PORT:
        return int(text)
    from argparse import ArgumentTypeError  # noqa: PLC0415 - a worker has no command line

    raise ArgumentTypeError(f'"{text}" is not a valid port; allowed: 0 (any free one) to {_LARGEST_PORT}')


def environment() -> Mapping[str, str]:
    """Return the environment's variables, and beneath them those of .env, empty ones left out there.

    The nearest .env counts, here or in a directory above, up to the top of the project or the home directory.
    """
    found = next((file for file in _candidates() if file.is_file()), None)
    if found is None:
        return dict(os.environ)
    from dotenv import dotenv_values  # noqa: PLC0415 - not needed where there is no such file

    return {**{name: value for name, value in dotenv_values(found).items() if value}, **os.environ}


def how_to_install(extra: str, root: Path) -> str:
    """Return the command that installs an extra of what is at a directory.

    From the checkout, or from the wheel that it came in: no index is named, where the same name may be somebody else's.
    """
    if (root / "pyproject.toml").is_file():
        return f"pip install -e '{root}[{extra}]'"
    return f"pip install 'FILE.whl[{extra}]', with the wheel that this came in for FILE.whl"


def _candidates() -> Iterator[Path]:
    here = Path.cwd()
    home = Path(os.environ.get("HOME") or "/")
    for directory in (here, *here.parents):
        yield directory / _DOTENV
        if directory == home or any((directory / name).exists() for name in _TOP_OF_A_PROJECT):
            return
