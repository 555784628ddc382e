"""The components of a flow: where each is found, and the functions that its steps name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pysailor.component.builtin import locate_builtin
from pysailor.component.code import locate
from pysailor.component.component import Component
from pysailor.errors import BrokenComponent
from pysailor.shell import environment

from .document import FlowFinding, InvalidFlow
from .document.build import suggest
from .document.source import write_path
from .keyring_values import explain, read_keyring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pysailor.component.component import Loaded
    from pysailor.errors import InvalidConfig

    from .document import ComponentReference, FlowFile, FlowStep

_FORM: Final = re.compile(r"; fill it in on the (?:credential|step)\.?$")


class FlowComponents:
    """The components that a flow names, each loaded once, when it is asked for."""

    def __init__(self, flow: FlowFile) -> None:
        self.flow = flow
        self._base = Path(flow.source.file).parent
        self._components: dict[str, Component] = {}

    def component(self, name: str) -> Component:
        """Return a component; raise InvalidFlow, at the line that names it, if it cannot be had."""
        if name not in self._components:
            reference = self.flow.components[name]
            try:
                self._components[name] = Component(self._root(reference))
            except BrokenComponent as error:
                raise InvalidFlow([self._finding(reference, str(error))]) from error
        return self._components[name]

    def function(self, step: FlowStep) -> Loaded:
        """Return the function of a step; raise InvalidFlow, at its line, if the component has none of this name."""
        component = self.component(step.component)
        known = [function.name for function in component.descriptor.functions]
        path = (*step.path, "run")
        place = self.flow.source.value_place(path)
        written = write_path(path)
        if step.function not in known:
            message = f'{step.component} has no function "{step.function}"; {suggest(step.function, known)}'
            raise InvalidFlow([FlowFinding(place, message, written)])
        try:
            return component.function(step.function)
        except BrokenComponent as error:
            raise InvalidFlow([FlowFinding(place, str(error), written)]) from error

    def is_node(self, step: FlowStep) -> bool:
        """Return whether the step is one of Node's; one that its component does not declare is not."""
        declared = {each.name: each.main for each in self.component(step.component).descriptor.functions}
        return not declared.get(step.function, ".py").endswith(".py")

    def is_router(self, step: FlowStep) -> bool:
        """Return whether the platform treats the step as a router: conditions on the ways out of it count."""
        return self.component(step.component).descriptor.document.get("service") == "router"

    def _root(self, reference: ComponentReference) -> Path:
        if reference.builtin:
            return self._builtin(reference)
        if reference.path and "\0" in reference.path:
            raise InvalidFlow([self._finding(reference, "a path holds no character NUL")])
        root = (self._base / reference.path).resolve() if reference.path else locate(None)
        if not (root / "component.json").is_file():
            raise InvalidFlow([self._finding(reference, f"there is no component.json in {root}")])
        return root

    def _builtin(self, reference: ComponentReference) -> Path:
        try:
            return locate_builtin(str(reference.builtin))
        except BrokenComponent as error:
            raise InvalidFlow([self._finding(reference, str(error))]) from error

    def _finding(self, reference: ComponentReference, message: str) -> FlowFinding:
        return FlowFinding(reference.place, message, f"components.{reference.id}")


def credential_values(flow: FlowFile, step: FlowStep, component: Component) -> dict[str, str]:
    """Return the values of a step's credential that the environment, .env or else the keyring has, by field.

    A field's variable is the one that the flow file names under `from`, else the credential's name and the field's in
    capitals (`MODEL_API_KEY`), else the component's own (ENVIRONMENT of its lib/cli.py).
    """
    if step.credential is None:
        return {}
    named = list(variables(flow, step.credential, component))
    found = _first_values(named, environment())
    left = [(field, variable) for field, variable in named if field not in found]
    return {**_first_values(left, read_keyring(variable for _, variable in left)), **found} if left else found


def _first_values(named: Iterable[tuple[str, str]], values: Mapping[str, str]) -> dict[str, str]:
    """Return for each field what the first of its variables that has a value holds."""
    found: dict[str, str] = {}
    for field, variable in named:
        if field not in found and values.get(variable):
            found[field] = values[variable]
    return found


def variables(flow: FlowFile, credential: str, component: Component) -> Iterator[tuple[str, str]]:
    """Yield each field of a credential with a variable that may hold it, the first to look at first."""
    yield from flow.credentials[credential].variables.items()
    for each in component.descriptor.credentials:
        yield each.name, f"{_capitals(credential)}_{_capitals(each.name)}"
    own: Mapping[str, str] = getattr(component.cli, "ENVIRONMENT", {})
    yield from ((name, variable) for variable, name in own.items())


def find_unusable(flow: FlowFile, step: FlowStep, component: Component, error: InvalidConfig) -> list[FlowFinding]:
    """Return what is wrong with a step's settings at the lines of the file, and where a credential's values go."""
    credential = {field.name for field in component.descriptor.credentials}
    found = []
    for fault in error.faults:
        name = fault.pointer.partition("/")[2].partition("/")[0]
        path = (*step.path, "fields", name)
        words = _FORM.sub("", fault.message)
        if name in credential:
            path, words = (*step.path, "credential"), f"{words}{_where(flow, step, component, name)}"
        elif words != fault.message:
            words += "; write it under fields"
        found.append(FlowFinding(flow.source.place(path), words, ".".join(map(str, path))))
    return found


def _where(flow: FlowFile, step: FlowStep, component: Component, field: str) -> str:
    if step.credential is None:
        known = [name for name, each in flow.credentials.items() if each.component == step.component]
        return (
            f"; the step names no credential: {f'credential: {known[0]}' if known else 'declare one under credentials'}"
        )
    names = [variable for name, variable in variables(flow, step.credential, component) if name == field]
    return f"; set {' or '.join(names)} in the environment or in .env{explain(names[0])}"


def _capitals(name: str) -> str:
    parted = "".join(f"_{sign}" if sign.isupper() and place else sign for place, sign in enumerate(name))
    return parted.replace("__", "_").upper()


def settings(flow: FlowFile, step: FlowStep, component: Component) -> dict[str, Any]:
    """Return the settings of a step: its fields, and its credential's values from the environment."""
    return {**credential_values(flow, step, component), **step.fields}


def find_misplaced(flow: FlowFile, step: FlowStep, function: Loaded) -> list[FlowFinding]:
    """Return what stands under a step's fields and is none: a name that is not known, a credential's value."""
    known = [each.name for each in function.fields]
    secret = {each.name for each in function.fields if each.place == "credential"}
    found = []
    for name in step.fields:
        path = (*step.path, "fields", name)
        text = ""
        if name in secret:
            text = "belongs to a credential; its value comes from the environment, not from this file"
        elif name not in known and not name.startswith("_"):
            text = f"{step.function} has no such field; {suggest(name, [n for n in known if n not in secret])}"
        if text:
            found.append(FlowFinding(flow.source.place(path), text, ".".join(map(str, path))))
    return found
