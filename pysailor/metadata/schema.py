"""A schema, compiled: it accepts fast (jsonschema-rs, microseconds) and explains slowly (jsonschema)."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

import jsonschema_rs

from pysailor.errors import BrokenComponent, Fault

from . import coercion, explanation, undeclared
from .dialect import to_dialect, to_standard, tolerant

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jsonschema import Draft202012Validator


class Schema:
    """What a body must look like.

    `document` is the schema as it was written (for the mapper); `standard` is the same in plain JSON Schema 2020-12.
    A tolerant one asks of optional members only that they are there or not.
    """

    def __init__(self, document: Mapping[str, Any], name: str = "schema", *, is_tolerant: bool = False) -> None:
        """Translate and compile; raise BrokenComponent if the document is not a schema."""
        self.document = document
        self.standard: dict[str, Any] = to_standard(tolerant(document) if is_tolerant else document)
        try:
            self._fast = jsonschema_rs.Draft202012Validator(self.standard, retriever=_refuse_to_fetch)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            raise BrokenComponent(f"{name} is not a JSON Schema: {error}") from error

    @classmethod
    def load(cls, path: Path, *, is_tolerant: bool = False) -> Self:
        """Read the schema from a file; raise BrokenComponent if that cannot be done."""
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BrokenComponent(f"{path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise BrokenComponent(f"{path} is not JSON: {error}") from error
        if not isinstance(document, dict):
            raise BrokenComponent(f"{path} must hold a JSON object")
        return cls(document, str(path), is_tolerant=is_tolerant)

    @staticmethod
    def for_mapper(standard: Mapping[str, Any]) -> dict[str, Any]:
        """Return plain JSON Schema as the mapper reads it: titles, help, and `required` inside each property."""
        return to_dialect(standard)

    @cached_property
    def _slow(self) -> Draft202012Validator:
        from jsonschema import Draft202012Validator  # noqa: PLC0415 - 45 ms that an accepted message does not need

        return Draft202012Validator(self.standard)

    @cached_property
    def _closed(self) -> jsonschema_rs.Validator:
        return jsonschema_rs.Draft202012Validator(undeclared.closed(self.standard))

    def accepts(self, value: Any) -> bool:
        """Return whether the value fits, in microseconds."""
        try:
            return self._fast.is_valid(value)
        except ValueError:  # text that is not Unicode, or nested deeper than the fast validator goes
            return self._slow.is_valid(value)

    def fit(self, value: Any) -> tuple[Any, list[Fault]]:
        """Return the value, mended where the mapper could not build it otherwise, and what is still wrong with it."""
        if self.accepts(value):
            return value, []
        lighter = self._without_nulls(value)
        if self.accepts(lighter):
            return lighter, []
        coerced = self.coerce(lighter)
        return coerced, self.faults(coerced)

    def _without_nulls(self, value: Any) -> Any:
        """Leave out the members that are null where the schema has none: what is mended most, found the fast way."""
        try:
            found = [error.instance_path for error in self._fast.iter_errors(value) if _is_refused_null(error)]
        except ValueError:
            return value
        return coercion.without(value, found) if found else value

    def coerce(self, value: Any) -> Any:
        """Turn what the platform's mapper can build into what the schema asks for, as far as that is certain.

        The mapper delivers numbers and yes/no as text, cannot build a list of plain values (it builds an object
        instead), and sends null for what was left empty. A copy is mended; the value itself stays as it is.
        """
        return coercion.coerce(value, self._slow)

    def faults(self, value: Any) -> list[Fault]:
        """Return everything that is wrong with the value, the most useful first."""
        return explanation.explain(self._slow.iter_errors(value)) or self._faults_seen_fast(value)

    def _faults_seen_fast(self, value: Any) -> list[Fault]:
        """Return what only the fast validator refuses: to Python `$` is also the place before a last line break."""
        try:
            return [
                Fault(explanation.pointer_to(error.instance_path), error.message)
                for error in self._fast.iter_errors(value)
            ]
        except ValueError:
            return []

    def unknown(self, value: Any) -> list[Fault]:
        """Return the members that no property declares, each with the declared name that it may be meant for."""
        return list(undeclared.faults(value, self.standard))

    def undeclared(self, value: Any) -> set[str]:
        """Return only where they stand, with * for the numbers of a list's items; in microseconds if there are none."""
        try:
            if self._closed.is_valid(value):
                return set()
        except ValueError:
            pass  # as in `accepts`
        return set(undeclared.places(value, self.standard))


def _is_refused_null(error: jsonschema_rs.ValidationError) -> bool:
    return (
        error.instance is None
        and bool(error.instance_path)
        and isinstance(error.instance_path[-1], str)
        and error.schema_path[-1] in coercion.ALTERNATIVES
    )


def _refuse_to_fetch(address: str) -> NoReturn:
    """Keep to the document: a schema that leads elsewhere must not make this process ask there."""
    raise ValueError(f"{address} is not part of the schema")
