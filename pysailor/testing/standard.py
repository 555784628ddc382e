"""The tests that any component must pass.

In a component's test suite:

    from pysailor.testing.standard import ComponentTests

    class TestComponent(ComponentTests):
        root = Path(__file__).parents[1]
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from pysailor.component.component import Component, metadata
from pysailor.component.fields import bind
from pysailor.context import Context
from pysailor.errors import InvalidConfig, InvalidInput
from pysailor.lint import lint
from pysailor.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pysailor.component.component import Loaded

_ODD_BODIES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1.5,
    "",
    "text",
    [],
    [{}],
    {},
    {"": None},
    {"a": {"b": [None]}},
    "\ud800",
)


class ComponentTests:
    """Claims about a component; `root` is its directory."""

    root: ClassVar[Path]

    def test_the_declaration_is_in_order(self) -> None:
        """Lint finds nothing."""
        findings = lint(self.root)
        assert not findings, "\n".join(["pysailor lint finds:", *map(str, findings)])

    def test_every_function_has_metadata_or_none_on_purpose(self) -> None:
        """The mapper gets an object schema for each side."""
        for function in self._functions():
            if not function.declared.dynamic_metadata:
                for side, schema in metadata(function, {}, Context()).items():
                    assert schema["type"] == "object", f"metadata.{side} of {function.declared.name} is not an object"

    def test_any_body_is_accepted_or_refused_with_pointers(self) -> None:
        """What the step makes of an odd body is a message or InvalidInput, never anything else."""
        for function in self._functions():
            for body in _ODD_BODIES:
                self._fit_or_refuse(function, body)

    def test_empty_settings_are_refused_by_name(self) -> None:
        """Each required field is named when nothing is filled in."""
        for function in self._functions():
            required = {f"/{field.name}" for field in function.fields if field.required and field.default is None}
            refused = self._refused_fields(function)
            assert required == refused, f"{function.declared.name} requires {required}, but refuses {refused}"

    def test_every_sample_is_a_message(self) -> None:
        """What lies in samples/ can be read, and belongs to a function that there is."""
        names = {function.name for function in Component(self.root).descriptor.functions}
        for file in sorted(self.root.glob("samples/*/*.json")):
            sample = json.loads(file.read_text(encoding="utf-8"))
            assert file.parent.name in names, f"{file}: component.json has no function {file.parent.name}"
            assert isinstance(sample.get("msg"), dict), f"{file}: msg is missing"
            assert isinstance(Message.from_json(sample["msg"]), Message), f"{file}: msg is not a message"

    def _functions(self) -> Iterator[Loaded]:
        component = Component(self.root)
        for function in component.descriptor.functions:
            yield component.function(function.name)

    def _fit_or_refuse(self, function: Loaded, body: Any) -> None:
        if function.input_schema is None:
            return
        _, faults = function.input_schema.fit(body)
        if faults:
            assert str(InvalidInput(faults=faults))

    def _refused_fields(self, function: Loaded) -> set[str]:
        try:
            bind(function.fields, {})
        except InvalidConfig as error:
            return {fault.pointer for fault in error.faults}
        return set()
