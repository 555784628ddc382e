"""Settings and samples at a desk: from files, the environment, the command line, and a server that stands in."""

from __future__ import annotations

import argparse
import json
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pysailor.component import Component
from pysailor.errors import BrokenComponent, SailorError
from pysailor.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType


class BadUsage(SailorError):
    """The command was given something it cannot work with."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A message to try a step with, as elasticio-cli has it; `scenario` is for the server that stands in."""

    name: str
    message: Message
    cfg: Mapping[str, Any]
    snapshot: Any
    scenario: str | None

    @classmethod
    def read(cls, name: str) -> Self:
        """Read a sample from a file, or from standard input for "-"; raise BadUsage."""
        try:
            text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
            document = json.loads(text, parse_constant=_no_constant)
        except OSError as error:
            raise BadUsage(f"{name} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BadUsage(f"{name} is not text in UTF-8") from error
        except (ValueError, RecursionError) as error:
            raise BadUsage(f"{name} is not valid JSON: {error}") from error
        return cls._of(name, document)

    @classmethod
    def _of(cls, name: str, document: Any) -> Self:
        form = '{"cfg": {}, "msg": {"body": {}}, "snapshot": {}}'
        if not isinstance(document, dict) or not isinstance(document.get("msg"), dict):
            raise BadUsage(f"{name} is no sample; a sample looks like {form}")
        cfg, scenario = document.get("cfg") or {}, document.get("scenario")
        if not isinstance(cfg, dict) or not isinstance(scenario, str | None):
            raise BadUsage(f"{name} is no sample: cfg is an object and scenario is text")
        return cls(name, Message.from_json(document["msg"]), cfg, document.get("snapshot") or {}, scenario)


class Desk:
    """A component on somebody's desk. As a context manager: what it started is stopped at the end."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Find the component and collect the settings: --cfg first, then the environment, then .env."""
        self.component = Component.find(args.component)
        self.given: Mapping[str, Any] = dict(getattr(args, "cfg", None) or ())
        self.environment = self._environment()
        self._servers: dict[str, Any] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the servers that were started."""
        self._stack.close()

    def settings(self, sample: Mapping[str, Any], scenario: str | None = None) -> dict[str, Any]:
        """Give cfg for one sample; where nothing leads to the real service, a server is started that stands in."""
        cfg = {**self.environment, **sample, **self.given}
        server = self._server(cfg, scenario)
        return {**server.cfg(scenario), **cfg} if server is not None else cfg

    def secrets(self, cfg: Mapping[str, Any]) -> list[str]:
        """Give the values that must not be shown."""
        return [str(cfg[field.name]) for field in self.component.descriptor.credentials if _is_secret(field, cfg)]

    def _environment(self) -> dict[str, Any]:
        from dotenv import dotenv_values  # noqa: PLC0415 - not needed where no settings are

        names: Mapping[str, str] = getattr(self.component.desk, "ENVIRONMENT", {})
        values = {**dotenv_values(".env"), **os.environ}
        return {names[name]: values[name] for name in names if values.get(name)}

    def _server(self, cfg: Mapping[str, Any], scenario: str | None) -> Any:
        offers = self.component.desk
        if offers is None:
            return None
        wanted = offers.servers_for(cfg, scenario)
        if scenario and not wanted:
            say("a scenario is played by the stand-in only; the API that is set answers as it likes")
        if scenario and scenario not in offers.SCENARIOS:
            raise BadUsage(f'there is no scenario "{scenario}"; there is: {", ".join(offers.SCENARIOS)}')
        return next((server for name in wanted if (server := self._running(offers, name)) is not None), None)

    def _running(self, offers: ModuleType, name: str) -> Any:
        """Give the server of this name, started when first asked for; None if it cannot be had, which is said once."""
        if name not in self._servers:
            try:
                self._servers[name] = server = self._stack.enter_context(start(offers.SERVERS[name]))
                say(f"{server.title} answers; {offers.HOW_TO_GO_LIVE}")
            except BrokenComponent as error:
                self._servers[name] = None
                say(str(error))
        return self._servers[name]


def start(kind: Any, port: int = 0) -> Any:
    """Start one of the component's servers; raise BrokenComponent, in one line, if it cannot be had here."""
    reason = kind.unavailable()
    if reason:
        raise BrokenComponent(reason)
    try:
        return kind(port).start()
    except (RuntimeError, OSError) as error:
        raise BrokenComponent(str(error)) from error


def say(line: str) -> None:
    """Tell the person at the terminal; standard output is for results."""
    print(f"# {line}", file=sys.stderr)


def masked(text: str, secrets: Iterable[str]) -> str:
    """Give the text without the secrets."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add the option that every command with settings takes."""
    parser.add_argument(
        "--cfg",
        metavar="KEY=VALUE",
        action="append",
        type=_setting,
        help="a field of the step or the credential; may be given several times. Goes before the sample's own",
    )


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f'"{text}" is not KEY=VALUE')
    return name, value


def _is_secret(field: Any, cfg: Mapping[str, Any]) -> bool:
    return bool(field.secret and cfg.get(field.name))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
