"""A component off the platform: its settings, and its own servers where nothing leads to the real service."""

from __future__ import annotations

import os
import re
import sys
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.component.code import locate as locate_component
from pysailor.errors import BrokenComponent, Fault, InvalidConfig
from pysailor.shell import environment

from .output import say
from .tape import open_given_tape
from .usage import REAL_SERVICE, BadUsage, demand_able, describe_unknown_settings, suggest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType
    from typing import TextIO

    from pysailor.cassette import Tape
    from pysailor.component.component import Component, Loaded
    from pysailor.component.descriptor import Field

_OF_A_FORM = re.compile(r"; fill it in on the (?:credential|step)\.?$")


def locate(args: argparse.Namespace) -> Path:
    """Return the directory of the component that the command is about; if it is neither named nor here, print it."""
    root = locate_component(args.component)
    if args.component is not None and not root.is_dir():
        raise BadUsage(f"--component {args.component}: there is no such directory; name one that has a component.json")
    if args.component is None and root != Path.cwd():
        say(f"component: {root}")
    return root


def component_of(args: argparse.Namespace) -> Component:
    """Return the component that the command is about; if it is neither named nor here, print which one it is."""
    from pysailor.component.component import Component  # noqa: PLC0415 - validators, which a help text needs not

    return Component(locate(args))


@contextmanager
def open_workspace(args: argparse.Namespace) -> Iterator[Workspace]:
    """Yield the component with its settings; servers that it starts are stopped at the end.

    Meanwhile what the component prints goes to standard error: standard output is for results.
    """
    results = sys.stdout
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        yield Workspace(args, results, stack)


class Workspace:
    """A component off the platform."""

    def __init__(self, args: argparse.Namespace, results: TextIO, stack: ExitStack) -> None:
        """Find the component and collect the settings: --cfg first, then the environment, then .env."""
        self.results, self._stack = results, stack
        self.component = component_of(args)
        self.given: Mapping[str, Any] = dict(getattr(args, "cfg", None) or ())
        self.offers: ModuleType | None = self.component.cli
        self.variables: Mapping[str, str] = getattr(self.offers, "ENVIRONMENT", {})
        """The environment's variables, and the field that each fills."""
        values = environment() if self.variables else {}
        self.environment = {
            self.variables[name]: values[name] for name in self.variables if values.get(name, "").strip()
        }
        self._choice: str | None = getattr(args, "server", None)
        self._servers: dict[str, Any] = {}
        self._noted: set[str] = set()
        self._defaults: Mapping[str, Any] = {}
        """The defaults of the step's own fields: they tell which step it is."""
        self._fields: tuple[Field, ...] = ()
        self.tape: Tape | None = getattr(args, "tape", None) or stack.enter_context(open_given_tape(args))

    def function(self, name: str) -> Loaded:
        """Load the function that the command names; a wrong name, or a setting that it has not, is a wrong command."""
        known = [function.name for function in self.component.descriptor.functions]
        if name not in known:
            raise BadUsage(f'"{name}" is not a function; choose from {", ".join(known)}{suggest(name, known)}')
        function = self.component.function(name)
        self.demand_known(function.fields)
        self._fields = function.fields
        credential = self._credential()
        self._defaults = {
            field.name: field.default
            for field in function.fields
            if field.name not in credential and field.default is not None
        }
        return function

    def demand_known(self, fields: Iterable[Field]) -> None:
        """Raise BadUsage if --cfg names what is not one of the fields."""
        if told := describe_unknown_settings(self.given, tuple(fields)):
            raise BadUsage(told)

    def merge_settings(self, sample: Mapping[str, Any]) -> dict[str, Any]:
        """Return what somebody has set for one sample."""
        return {**self.environment, **sample, **self.given}

    def settings(self, sample: Mapping[str, Any], scenario: str | None = None) -> dict[str, Any]:
        """Return cfg for one sample; what is recorded or replayed leads there."""
        if self.tape is None:
            return self._settings(sample, scenario)
        cfg = self._settings(sample, scenario) if self.tape.is_recording else self.merge_settings(sample)
        return self.tape.settings(self.component, self._fields, cfg)

    def _settings(self, sample: Mapping[str, Any], scenario: str | None) -> dict[str, Any]:
        """Return cfg for one sample; where nothing leads to the real service, a server of the component's is started.

        What leads to it goes before the environment, which is about the real service; a server that --NAME asks for
        goes before the sample's credential, too.
        """
        server = self._server(sample, scenario)
        if server is None:
            return self.merge_settings(sample)
        own = server.cfg(scenario)
        if self._choice:
            credential = self._credential()
            sample = {name: value for name, value in sample.items() if name not in credential}
        meant = {**sample, **self.given}
        for variable, name in self.variables.items():
            if name in own and name in self.environment and name not in meant and not self._choice:
                self._note_once(f"{variable} is not used: it is for the real service")
        who = server.title.partition(" (")[0]
        for name in getattr(server, "UNUSED", ()):
            if name in self.given:
                self._note_once(f"{name}={self.given[name]} is not used: {who} has only its own")
        return {**self.environment, **own, **meant}

    def server_answers(self, sample: Mapping[str, Any], scenario: str | None = None) -> bool:
        """Return whether a server of the component's would answer in place of the real one."""
        if self.tape is not None and not self.tape.is_recording:
            return False
        return bool(self._candidates(sample, scenario))

    def secrets(self, cfg: Mapping[str, Any]) -> dict[str, str]:
        """Return the values that must not be shown, each with the variable that could hold it ("" if there is none)."""
        from pysailor.component.fields import secrets_in  # noqa: PLC0415 - as above
        from pysailor.masking import parts_to_mask  # noqa: PLC0415 - as above

        variables = {name: variable for variable, name in self.variables.items()}
        return {
            part: variables.get(field.name, "")
            for field in self.component.descriptor.fields
            for secret in secrets_in([field], cfg)
            for part in (secret.strip(), *parts_to_mask(secret))
            if part
        }

    def ways(self, field: Field, function: str = "") -> str:
        """Return how a setting can be given here, and how its choices can be listed."""
        variables = [variable for variable, name in self.variables.items() if name == field.name]
        ways = " or ".join([f"--cfg {field.name}=…", *variables])
        return (
            f"{ways}; pysailor select {function} {field.name} lists what there is" if field.model and function else ways
        )

    def reword(self, text: str) -> str:
        """Return a text that speaks of the platform's forms in words that hold here."""
        phrases: Mapping[str, str] = getattr(self.offers, "WORDS_HERE", {})
        for phrase, here in phrases.items():
            text = text.replace(phrase, here)
        return text

    def reword_faults(self, error: InvalidConfig, fields: Iterable[Field], function: str = "") -> InvalidConfig:
        """Return the error with ways to give a setting here, in place of the form where the platform's people do."""
        known = {f"/{field.name}": field for field in fields}

        def here(fault: Fault) -> Fault:
            field = known.get(fault.pointer)
            if field is None:
                return fault
            text, forms = _OF_A_FORM.subn(f": {self.ways(field, function)}", fault.message)
            return Fault(fault.pointer, text if forms else self.reword(text))

        return InvalidConfig(faults=[here(fault) for fault in error.faults])

    def _candidates(self, sample: Mapping[str, Any], scenario: str | None) -> tuple[str, ...]:
        """Return the names of the servers that may answer, the best first; none if the real service shall."""
        if self._choice is not None:
            step = {**self._defaults, **sample, **self.given}
            demand_able(self._choice, self.offers, {name: step[name] for name in step.keys() - self._credential()})
            return () if self._choice == REAL_SERVICE else (self._choice,)
        if self.offers is None or not hasattr(self.offers, "servers_for"):
            return ()
        leads = {**sample, **self.given} if scenario else self.merge_settings(sample)
        return tuple(self.offers.servers_for({**self._defaults, **leads}, scenario))

    def _credential(self) -> set[str]:
        return {field.name for field in self.component.descriptor.credentials}

    def _server(self, sample: Mapping[str, Any], scenario: str | None) -> Any:
        candidates = self._candidates(sample, scenario)
        offers = self.offers
        if scenario and not candidates:
            say("a scenario is played by the component's own server only; the service that is set answers as it does")
        if not candidates or offers is None:
            return None
        scenarios = getattr(offers, "SCENARIOS", ())
        if scenario and scenario not in scenarios:
            raise BadUsage(f'there is no scenario "{scenario}"; there is: {", ".join(scenarios) or "none"}')
        return next((server for name in candidates if (server := self._start_server(offers, name)) is not None), None)

    def _start_server(self, offers: ModuleType, name: str) -> Any:
        """Return the server of this name, started when first asked for; None if it cannot be had (written once)."""
        if name not in self._servers:
            try:
                self._servers[name] = server = self._stack.enter_context(start(offers.SERVERS[name]))
                say(f"{server.title} answers" + ("" if self._choice else f"; {self._how_to_go_live(offers)}"))
            except BrokenComponent as error:
                if self._choice:
                    raise
                self._servers[name] = None
                say(str(error))
        return self._servers[name]

    def _how_to_go_live(self, offers: ModuleType) -> str:
        is_set = self.environment and not offers.servers_for(self.environment, None)
        with_api = "--api asks the real service"
        return with_api if is_set else getattr(offers, "HOW_TO_GO_LIVE", with_api)

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
        why = os.strerror(error.errno) if error.errno else error
        other = "; choose another, or leave --port out for any that is free" if port else ""
        raise BrokenComponent(f"{which} be taken: {why}{other}") from error
    except RuntimeError as error:
        raise BrokenComponent(str(error)) from error
