"""`pysailor new`: make a component to begin with."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.errors import SailorError

from .output import say
from .usage import BadUsage

if TYPE_CHECKING:
    import argparse

_TEMPLATE = Path(__file__).with_name("template")
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MADE_BY_PYTHON = "__pycache__"
_EXAMPLE = """\
example:
  pysailor new weather-component
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "new",
        help="make a component to begin with",
        description="Make a component with an action, a trigger, samples and tests.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("name", metavar="NAME", help="its name: small letters, digits and hyphens")
    parser.add_argument("--dir", metavar="DIR", help="where to make it (default: a directory of its name, here)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Make the component; raise BadUsage for a name that cannot be one, or a directory that is not empty."""
    if not _NAME.fullmatch(args.name):
        raise BadUsage(
            f'"{args.name}" cannot be a name; allowed: small letters, digits and hyphens, as in my-component'
        )
    root = Path(args.dir or args.name)
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise BadUsage(f"{root} exists and is not an empty directory")
    try:
        made = make(root, args.name)
    except OSError as error:
        raise SailorError(f"{root} cannot be written: {error.strerror}; --dir DIR makes it elsewhere") from error
    for file in sorted(made):
        print(file)
    say(f"next: cd {root}; pysailor lint; pysailor process greet samples/greet/hello.json; {_pytest()}")
    return 0


def make(root: Path, name: str) -> list[Path]:
    """Write the component into a directory; return its files."""
    words = {"{{name}}": name, "{{title}}": name.replace("-", " ").capitalize()}
    made = []
    for source in _TEMPLATE.rglob("*"):
        if source.is_file() and _MADE_BY_PYTHON not in source.parts:
            target = root / source.relative_to(_TEMPLATE)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(_fill(source.read_bytes(), words))
            made.append(target)
    return made


def _fill(content: bytes, words: dict[str, str]) -> bytes:
    for mark, word in words.items():
        content = content.replace(mark.encode(), word.encode())
    return content


def _pytest() -> str:
    """Return the line that runs the tests, with the one that installs what they need where it is not there."""
    name = Path(sys.executable).name
    python = name if shutil.which(name) == sys.executable else sys.executable
    install = "" if importlib.util.find_spec("pytest") else f"{python} -m pip install pytest; "
    return f"{install}{python} -m pytest"
