"""How commands are used: what they are given, and what is wrong with that."""

from __future__ import annotations

import argparse
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pysailor.errors import Fault, SailorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pysailor.component.descriptor import Field

_PLATFORMS_OWN = ("secretId",)


class BadUsage(SailorError):
    """The command was given something it cannot work with."""

    code = "bad_usage"


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the question that helps with a name that is not quite known, "" if none is near."""
    close = get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


def unknown_settings(cfg: Iterable[str], fields: Iterable[Field]) -> Iterator[Fault]:
    """Return the settings that no field declares; what the platform itself puts into cfg is none of them."""
    known = [field.name for field in fields]
    for name in cfg:
        if name not in (*known, *_PLATFORMS_OWN) and not name.startswith("_"):
            yield Fault(f"/{name}", f"is not a known field{suggest(name, known)}")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the option that every command with settings takes."""
    parser.add_argument(
        "--cfg",
        metavar="KEY=VALUE",
        action="append",
        type=_setting,
        help="a field of the step or the credential; may be given several times. Goes before the sample's own",
    )


def add_samples(parser: argparse.ArgumentParser) -> None:
    """Add the names of samples; `demand_samples` sees to it that there is one, after the function is known."""
    parser.add_argument("samples", metavar="SAMPLE", nargs="*", help="a sample file, or - for standard input")


def demand_samples(args: argparse.Namespace) -> list[str]:
    """Return the names of samples; raise BadUsage if there is none."""
    if not args.samples:
        raise BadUsage("which sample? Name a file, or - for standard input")
    return list(args.samples)


def add_everywhere(parser: argparse.ArgumentParser, **default: Any) -> None:
    """Add the options that may stand before the command and after it."""
    parser.add_argument(
        "--component",
        metavar="DIR",
        help="the component's directory (default: this one, else the one that is installed)",
        **default,
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tell on stderr what is going on", **default)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f'"{text}" is not KEY=VALUE')
    return name, value
