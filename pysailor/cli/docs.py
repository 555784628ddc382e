"""`pysailor docs`: write the tables of the documentation from what is declared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Final

from .usage import BadUsage
from .workspace import component_of

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from pysailor.component.component import Component

_README: Final = "README.md"
_PAGES: Final = "docs/**/*.md"
_EXAMPLE = """\
example:
  pysailor docs --check
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "docs",
        help="write the documentation's tables from what is declared",
        description="Write the parts of README.md and of the pages in docs/ that stand between <!-- pysailor:… --> "
        "marks from component.json, the settings and the errors.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something is out of date")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; return 1 if --check found something out of date."""
    component = component_of(args)
    pages = [component.root / _README, *sorted(component.root.glob(_PAGES))]
    results = [_page(component, page, check=args.check) for page in pages]
    if all(results):
        print(f"{component.root}: the documentation is up to date", file=sys.stderr)
    return 0 if all(results) else 1


def _page(component: Component, page: Path, *, check: bool) -> bool:
    """Write the page, or check it; return whether it is in order now."""
    from pysailor.docs import UnknownMark, fill  # noqa: PLC0415 - not needed by the other commands

    name = page.relative_to(component.root)
    stands = _read(page)
    try:
        should = fill(component, stands)
    except UnknownMark as error:
        print(f"{name}: {error}", file=sys.stderr)
        return False
    if stands == should:
        return True
    if check:
        print(f"{name} is out of date; run pysailor docs", file=sys.stderr)
        return False
    page.write_text(should, encoding="utf-8")
    print(f"{name} is updated", file=sys.stderr)
    return True


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"{file} cannot be read: {error.strerror}") from error
