"""How commands are used: what they are given, and what is wrong with that."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.errors import Fault, SailorError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from pysailor.component.descriptor import Field

REAL_SERVICE = ""
"""What --api chooses, among the names of servers."""
_PLATFORMS_OWN = ("secretId",)


class BadUsage(SailorError):
    """The command was given something it cannot work with."""

    code = "bad_usage"


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the question that helps with a name that is not quite known, "" if none is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - needed where something is wrong only

    close = get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


def near_file(file: str) -> str:
    """Return a hint to a file beside it whose name is nearly that, "" if there is none or it is there."""
    path = Path(file)
    if path.exists() or not path.parent.is_dir():
        return ""
    hint = suggest(path.name, [each.name for each in path.parent.iterdir() if each.is_file()])
    return hint.replace("mean ", f"mean {path.parent}/", 1) if hint and str(path.parent) != "." else hint


def describe_unreadable(file: str, error: OSError) -> str:
    """Return why a file cannot be read; what was perhaps meant is left to `near_file`."""
    if isinstance(error, IsADirectoryError):
        return f"{file} is a folder; name a file in it"
    return f"{file} cannot be read: {error.strerror}"


def unknown_settings(cfg: Iterable[str], fields: Iterable[Field]) -> Iterator[Fault]:
    """Return the settings that no field declares; what the platform itself puts into cfg is none of them."""
    known = [field.name for field in fields]
    for name in cfg:
        if name not in (*known, *_PLATFORMS_OWN) and not name.startswith("_"):
            yield Fault(f"/{name}", f"is not a known field{suggest(name, known)}")


def describe_unknown_settings(cfg: Iterable[str], fields: Sequence[Field]) -> str:
    """Return which settings no field declares, a line each; where no name is near one, the fields. "" if all are."""
    faults = list(unknown_settings(cfg, fields))
    lines = [
        f'there is no field "{fault.pointer[1:]}"{fault.message.removeprefix("is not a known field")}'
        for fault in faults
    ]
    if not all("did you mean" in line for line in lines):
        lines.append(f"the fields are {', '.join(field.name for field in fields)}")
    return "\n".join(lines)


def demand_able(name: str, offers: ModuleType | None, step: Mapping[str, Any]) -> None:
    """Raise BadUsage if a server of the component's that was asked for is not one that answers a step so set."""
    if name == REAL_SERVICE or offers is None or not hasattr(offers, "servers_for"):
        return
    able = offers.servers_for(step, None)
    if able and name not in able:
        title, only = offers.SERVERS[name].title.partition(" (")[0], getattr(offers.SERVERS[name], "only", "")
        why = f"{title} has {only} only" if only else f"{title} does not answer this step"
        raise BadUsage(f"--{name} cannot be used here: {why}; use {' or '.join(f'--{other}' for other in able)}")


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the option that every command with settings takes."""
    parser.add_argument(
        "--cfg",
        metavar="KEY=VALUE",
        action="append",
        type=_setting,
        help="a field of the step or the credential; KEY=@FILE takes a file's text. May be given several times; goes "
        "before the sample's own",
    )


def add_tape(parser: argparse.ArgumentParser) -> None:
    """Add the options that keep what a service answers, and answer from what was kept."""
    parser.add_argument(
        "--record", metavar="DIR", help="keep each request to the service and its answer there, without secrets"
    )
    parser.add_argument("--replay", metavar="DIR", help="answer from what was recorded there: no key, no network")


def add_samples(parser: argparse.ArgumentParser) -> None:
    """Add the names of samples; `Samples` sees to it that there is one, after the function is known."""
    parser.add_argument(
        "samples",
        metavar="SAMPLE",
        nargs="*",
        help="a sample file, or - for standard input: a sample, a message's body in JSON, or plain text",
    )
    add_body(parser)


def add_body(parser: argparse.ArgumentParser) -> None:
    """Add the options that make a message, or add to one."""
    parser.add_argument(
        "--body",
        metavar="KEY=VALUE",
        action="append",
        type=_body,
        help="a member of the message's body: text or JSON, or KEY=@FILE. May be given several times",
    )
    parser.add_argument(
        "--attach",
        metavar="FILE",
        action="append",
        help="a file that comes with the message, or its https address. May be given several times",
    )


def add_servers(parser: argparse.ArgumentParser, servers: Mapping[str, Any]) -> None:
    """Add the options that say who answers: one of the component's servers, or the real service."""
    who = parser.add_mutually_exclusive_group()
    for name, server in servers.items():
        text = f"let {getattr(server, 'title', name)} answer".replace("%", "%%")
        who.add_argument(f"--{name}", action="store_const", const=name, dest="server", help=text)
    real = "ask the real service, also where one of these would answer"
    who.add_argument("--api", action="store_const", const=REAL_SERVICE, dest="server", help=real)


def add_everywhere(parser: argparse.ArgumentParser, **default: Any) -> None:
    """Add the options that may stand before the command and after it."""
    parser.add_argument(
        "--component",
        metavar="DIR",
        help="the component's directory, or builtin:NAME (default: this directory, else the one that is installed)",
        **default,
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="tell on stderr what is going on", **default)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f'"{text}" is not KEY=VALUE')
    return name, _value(value)


def _body(text: str) -> tuple[str, str]:
    """Return a member's name and its value as it was written; the name is "" for a whole body in JSON."""
    if text.lstrip().startswith("{"):
        return "", text
    return _setting(text)


def _value(text: str) -> str:
    """Return the value, or for @FILE the file's text without its last line end; @@ begins a text that begins with @."""
    if text.startswith("@@") or not text.startswith("@"):
        return text.removeprefix("@") if text.startswith("@@") else text
    try:
        return Path(text[1:]).read_text(encoding="utf-8-sig").removesuffix("\n")
    except OSError as error:
        hint = near_file(text[1:]) or "; a text that begins with @ is written @@"
        raise argparse.ArgumentTypeError(f"{describe_unreadable(text[1:], error)}{hint}") from error
    except UnicodeDecodeError as error:
        raise argparse.ArgumentTypeError(f"{text[1:]} is not text in UTF-8; save it so") from error
