"""A component off the platform: its settings, and its own servers where nothing leads to the real service."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pysailor.component.code import locate as locate_component
from pysailor.component.component import Component
from pysailor.component.fields import secrets_in
from pysailor.errors import BrokenComponent
from pysailor.shell import environment

from .output import say
from .usage import BadUsage, suggest, unknown_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

    from pysailor.component.component import Loaded
    from pysailor.component.descriptor import Field


def locate(args: argparse.Namespace) -> Path:
    """Return the directory of the component that the command is about; if it is neither named nor here, print it."""
    root = locate_component(args.component)
    if args.component is None and root != Path.cwd():
        say(f"component: {root}")
    return root


def component_of(args: argparse.Namespace) -> Component:
    """Return the component that the command is about; if it is neither named nor here, print which one it is."""
    return Component(locate(args))


class Workspace:
    """A component off the platform. As a context manager: the servers that it started are stopped at the end."""

    def __init__(self, args: argparse.Namespace) -> None:
        """Find the component and collect the settings: --cfg first, then the environment, then .env."""
        self.component = component_of(args)
        self.given: Mapping[str, Any] = dict(getattr(args, "cfg", None) or ())
        self.variables: Mapping[str, str] = getattr(self.component.cli, "ENVIRONMENT", {})
        """The environment's variables, and the field that each fills."""
        self.environment = self._environment()
        self._servers: dict[str, Any] = {}
        self._noted: set[str] = set()
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the servers that were started."""
        self._stack.close()

    def function(self, name: str) -> Loaded:
        """Load the function that the command names; a wrong name, or a setting that it has not, is a wrong command."""
        known = [function.name for function in self.component.descriptor.functions]
        if name not in known:
            raise BadUsage(f'"{name}" is no function; there is: {", ".join(known)}{suggest(name, known)}')
        function = self.component.function(name)
        self.demand_known(function.fields)
        return function

    def demand_known(self, fields: Iterable[Field]) -> None:
        """Raise BadUsage if --cfg names what is none of the fields."""
        for fault in unknown_settings(self.given, fields):
            raise BadUsage(
                f'there is no field "{fault.pointer[1:]}"{fault.message.removeprefix("is not a known field")}'
            )

    def chosen(self, sample: Mapping[str, Any]) -> dict[str, Any]:
        """Return what somebody has set for one sample."""
        return {**self.environment, **sample, **self.given}

    def settings(self, sample: Mapping[str, Any], scenario: str | None = None) -> dict[str, Any]:
        """Return cfg for one sample; where nothing leads to the real service, a server of the component's is started.

        What leads to it goes before the environment, which is about the real service.
        """
        server = self._server(self.chosen(sample), scenario)
        if server is None:
            return self.chosen(sample)
        own, meant = server.cfg(scenario), {**sample, **self.given}
        for variable, name in self.variables.items():
            if name in own and name in self.environment and name not in meant:
                self._note_once(f"{variable} is not used: it is for the real service, and nothing else leads there")
        return {**self.environment, **own, **meant}

    def server_answers(self, cfg: Mapping[str, Any], scenario: str | None = None) -> bool:
        """Return whether a server of the component's would answer in place of the real one."""
        offers = self.component.cli
        return bool(offers is not None and hasattr(offers, "servers_for") and offers.servers_for(cfg, scenario))

    def secrets(self, cfg: Mapping[str, Any]) -> dict[str, str]:
        """Return the values that must not be shown, each with the variable that could hold it ("" if there is none)."""
        variables = {name: variable for variable, name in self.variables.items()}
        return {
            secret.strip(): variables.get(field.name, "")
            for field in self.component.descriptor.fields
            for secret in secrets_in([field], cfg)
            if secret.strip()
        }

    def ways(self, field: Field) -> str:
        """Say how a setting can be given here."""
        variables = [variable for variable, name in self.variables.items() if name == field.name]
        return " or ".join([f"--cfg {field.name}=…", *variables])

    def hints(self, function: Loaded, cfg: Mapping[str, Any]) -> Iterator[str]:
        """Say of each setting that is missing how it can be given."""
        for field in function.fields:
            if field.required and cfg.get(field.name) in (None, "") and field.default is None:
                lists = f"pysailor select {function.declared.name} {field.name} lists them"
                yield "; ".join([self.ways(field), lists] if field.model else [self.ways(field)])

    def _environment(self) -> dict[str, Any]:
        values = environment()
        return {self.variables[name]: values[name] for name in self.variables if values.get(name)}

    def _server(self, cfg: Mapping[str, Any], scenario: str | None) -> Any:
        offers = self.component.cli
        if offers is None or not hasattr(offers, "servers_for"):
            return None
        wanted = offers.servers_for(cfg, scenario)
        if scenario and not wanted:
            say("a scenario is played by the component's own server only; the service that is set answers as it does")
        if scenario and scenario not in offers.SCENARIOS:
            raise BadUsage(f'there is no scenario "{scenario}"; there is: {", ".join(offers.SCENARIOS)}')
        return next((server for name in wanted if (server := self._running(offers, name)) is not None), None)

    def _running(self, offers: ModuleType, name: str) -> Any:
        """Return the server of this name, started when first asked for; None if it cannot be had (written once)."""
        if name not in self._servers:
            try:
                self._servers[name] = server = self._stack.enter_context(start(offers.SERVERS[name]))
                say(f"{server.title} answers; {offers.HOW_TO_GO_LIVE}")
            except BrokenComponent as error:
                self._servers[name] = None
                say(str(error))
        return self._servers[name]

    def _note_once(self, line: str) -> None:
        if line not in self._noted:
            self._noted.add(line)
            say(line)


def start(kind: Any, port: int = 0) -> Any:
    """Start one of the component's servers; raise BrokenComponent, in one line, if it cannot be had here."""
    reason = kind.unavailable()
    if reason:
        raise BrokenComponent(reason)
    try:
        return kind(port).start()
    except OSError as error:
        which = f"port {port} cannot" if port else "no port can"
        raise BrokenComponent(f"{which} be taken: {error.strerror or error}") from error
    except RuntimeError as error:
        raise BrokenComponent(str(error)) from error
