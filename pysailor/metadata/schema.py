"""A schema, compiled: it accepts fast (jsonschema-rs, microseconds) and explains slowly (jsonschema)."""

from __future__ import annotations

import json
from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn, Self

import jsonschema_rs

from pysailor.errors import BrokenComponent, Fault

from . import bounded, coercion, explanation, undeclared
from .dialect import loosen, to_dialect, to_standard

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Schema:
    """What a body must look like.

    `document` is the schema as it was written (for the mapper); `standard` is the same in plain JSON Schema 2020-12.
    A tolerant one asks of optional members only that they are there or not.
    """

    def __init__(self, document: Mapping[str, Any], name: str = "schema", *, is_tolerant: bool = False) -> None:
        """Translate and compile; raise BrokenComponent if the document is not a schema."""
        self.document = document
        self.standard: dict[str, Any] = to_standard(loosen(document) if is_tolerant else document)
        try:
            self._fast = bounded.compile_fast(self.standard, _refuse_to_fetch)
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
    def _closed(self) -> jsonschema_rs.Validator:
        return jsonschema_rs.Draft202012Validator(undeclared.close_schema(self.standard))

    def accepts(self, value: Any) -> bool:
        """Return whether the value fits, in microseconds."""
        try:
            return self._fast.is_valid(value)
        except ValueError:  # text that is not Unicode, or nested deeper than the fast validator goes
            return bounded.find_errors(self.standard, value) == ([], False)

    def fit(self, value: Any) -> tuple[Any, list[Fault]]:
        """Return the value, mended where the mapper could not build it otherwise, and what is still wrong with it."""
        if self.accepts(value):
            return value, []
        coerced = self.coerce(value)
        return coerced, [] if self.accepts(coerced) else self.faults(coerced)

    def coerce(self, value: Any) -> Any:
        """Turn what the platform's mapper can build into what the schema asks for, as far as that is certain.

        The mapper delivers numbers and yes/no as text, cannot build a list of plain values (it builds an object
        instead), and sends null for what was left empty. A copy is mended; the value itself stays as it is.
        In a large body only the first faults are mended, and nulls.
        """
        quickly = coercion.coerce_plain(value, self._fast)
        return quickly if self.accepts(quickly) else coercion.coerce(quickly, self.standard)

    def faults(self, value: Any) -> list[Fault]:
        """Return what is wrong with the value, the most useful first, and a last line if there is more than is told."""
        errors, is_more = bounded.find_errors(self.standard, value)
        found = explanation.explain(errors) or self._faults_seen_fast(value)
        return [*found, Fault("", "there are more faults than are told here")] if is_more and found else found

    def _faults_seen_fast(self, value: Any) -> list[Fault]:
        """Return what only the fast validator refuses."""
        return explanation.explain_plainly(self._fast, value)

    def unknown(self, value: Any) -> list[Fault]:
        """Return the members that no property declares, each with the declared name that it may be meant for."""
        return list(undeclared.find_unknown(value, self.standard))

    def undeclared(self, value: Any) -> set[str]:
        """Return only where they stand, with * for the numbers of a list's items; in microseconds if there are none."""
        try:
            if self._closed.is_valid(value):
                return set()
        except ValueError:
            pass  # as in `accepts`
        return set(undeclared.find_places(value, self.standard))


def _refuse_to_fetch(address: str) -> NoReturn:
    """Keep to the document: a schema that leads elsewhere must not make this process ask there."""
    raise ValueError(f"{address} is not part of the schema")
