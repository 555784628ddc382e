"""A schema, compiled: it accepts fast (jsonschema-rs, microseconds) and explains slowly (jsonschema)."""

from __future__ import annotations

import json
from functools import cached_property, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, NoReturn

import jsonschema_rs

from pysailor.errors import BrokenComponent, Fault

from . import bounded, coercion, explanation, undeclared
from .dialect import loosen, to_dialect, to_standard
from .graph import TooMuchWork
from .limits import Workload, refuse_oversized

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MOST_SHARED = 16
_FEW_PARTS = 5000
_MOST_ERRORS = 25_000  # 7 µs each
_MOST_NAMES = 200_000  # each error holds a copy of what it complains about
_TYPES = ("string", "number", "integer", "boolean", "object", "array", "null")
_NOT_LINEAR = "has an error, looks around, refers back, or is too large"
_LONGEST_QUOTE = 80
_LONGEST_REASON = 300
_TOO_LARGE = "does not fit, and is too large or nested too deep to say where"


class BrokenSchema(BrokenComponent):
    """A document is not a JSON Schema, or one that cannot be used here; `pointer` leads into it."""

    def __init__(self, name: str, pointer: str, reason: str) -> None:
        self.pointer, self.reason = pointer, reason
        super().__init__(f"{name} is not a JSON Schema: {pointer + ': ' if pointer else ''}{reason}")


class Schema:
    """What a body must look like.

    `document` is the schema as it was written (for the mapper); `standard` is the same in plain JSON Schema 2020-12.
    A tolerant one asks of optional members only that they are there or not.
    """

    def __init__(self, document: Mapping[str, Any], name: str = "schema", *, is_tolerant: bool = False) -> None:
        """Translate and compile; raise BrokenComponent if the document is not a schema."""
        self.document = document
        try:
            refuse_oversized(document)
            self.standard: dict[str, Any] = to_standard(loosen(document) if is_tolerant else document)
            self._workload = Workload(self.standard)
        except TooMuchWork as error:
            raise BrokenSchema(name, "", f"the schema {error}") from error
        try:
            self._fast = bounded.compile_fast(self.standard, _refuse_to_fetch)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            raise BrokenSchema(name, *_reason(error)) from error

    @staticmethod
    def load(path: Path, *, is_tolerant: bool = False) -> Schema:
        """Read the schema from a file; raise BrokenComponent if that cannot be done.

        What was compiled from the same text is shared, since nobody changes it: a step often wants the schema that
        checked its input.
        """
        try:
            return _compile(path, path.read_text(encoding="utf-8"), is_tolerant=is_tolerant)
        except OSError as error:
            raise BrokenComponent(f"{path} cannot be read: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise BrokenComponent(f"{path} is not JSON: {error}") from error

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
            self._workload.demand_little(value)
            return self._fast.is_valid(value)
        except TooMuchWork:
            return False
        except ValueError:  # text that is not Unicode, or nested deeper than the fast validator goes
            return bounded.find_errors(self.standard, value) == ([], False)

    def fit(self, value: Any) -> tuple[Any, list[Fault]]:
        """Return the value, corrected where the mapper could not build it, and what is still wrong with it."""
        if self.accepts(value):
            return value, []
        coerced, is_mended = self._coerce(value)
        return coerced, [] if is_mended else self.faults(coerced)

    def coerce(self, value: Any) -> Any:
        """Turn what the platform's mapper can build into what the schema asks for, as far as that is certain.

        The mapper delivers numbers and yes/no as text, cannot build a list of plain values (it builds an object
        instead), and sends null for what was left empty. A copy is mended; the value itself stays as it is.
        In a large body only the first faults are mended where there are alternatives.
        """
        return self._coerce(value)[0]

    def _coerce(self, value: Any) -> tuple[Any, bool]:
        """Return the corrected value, and whether it fits now."""
        try:
            self._workload.demand_little(value)
            quickly = self._coerce_quickly(value)
            if self.accepts(quickly):
                return quickly, True
            slowly = coercion.coerce(quickly, self.standard)
        except (TooMuchWork, RecursionError):
            return value, False
        return slowly, slowly is not quickly and self.accepts(slowly)

    def _coerce_quickly(self, value: Any) -> Any:
        if self._gathers(value):
            return coercion.coerce_plain(value, self._fast)
        return coercion.coerce_large(value, self.standard)

    def faults(self, value: Any) -> list[Fault]:
        """Return what is wrong with the value, the most useful first, and a last line if there is more than is told."""
        try:
            self._workload.demand_little(value)
        except TooMuchWork as error:
            return [Fault("", str(error))]
        errors, is_more = bounded.find_errors(self.standard, value)
        found = explanation.explain(errors) or self._faults_seen_fast(value)
        if not found:
            return [] if self.accepts(value) else self._first_fault(value) or [Fault("", _TOO_LARGE)]
        is_more = is_more or len(found) > bounded.MOST_FAULTS
        may_be = "are" if len(found) >= bounded.MOST_FAULTS else "may be"
        rest = [Fault("", f"there {may_be} more faults than are told here")] if is_more else []
        return [*found[: bounded.MOST_FAULTS], *rest]

    def _first_fault(self, value: Any) -> list[Fault]:
        """Return what is wrong at the first place where the fast validator stops: the rest is not looked at."""
        try:
            self._fast.validate(value)
        except jsonschema_rs.ValidationError as error:
            path, message = error.instance_path, error.message
        except ValueError:  # as in `accepts`
            return []
        smaller, here, there = explanation.keep_item(value, path)
        errors, _ = bounded.find_errors(self.standard, smaller)
        below = [fault for fault in explanation.explain(errors) if f"{fault.pointer}/".startswith(f"{here}/")]
        moved = [Fault(there + fault.pointer.removeprefix(here), fault.message) for fault in below]
        return moved or [Fault(explanation.pointer_to(path), explanation.shorten(message))]

    def _faults_seen_fast(self, value: Any) -> list[Fault]:
        """Return what only the fast validator refuses."""
        return explanation.explain_plainly(self._fast, value) if self._gathers(value) else []

    def _gathers(self, value: Any) -> bool:
        """Return whether all errors of the fast validator may be gathered: it makes each of them at once."""
        load = self._workload
        most = min(_MOST_ERRORS // load.alternatives, _MOST_NAMES // max(load.longest_rule, 1), _FEW_PARTS)
        return load.longest_rule <= _FEW_PARTS and explanation.is_small(value, most)

    def find_unknown(self, value: Any) -> list[Fault]:
        """Return the members that no property declares, each with the declared name that it may be meant for."""
        try:
            return list(islice(undeclared.find_unknown(value, self.standard), bounded.MOST_FAULTS))
        except RecursionError:  # a value nested so deep is refused for that
            return []

    def find_undeclared(self, value: Any) -> set[str]:
        """Return only where they stand, with * for the numbers of a list's items; in microseconds if there are none."""
        try:
            if self._closed.is_valid(value):
                return set()
        except ValueError:
            pass  # as in `accepts`
        try:
            return set(undeclared.find_places(value, self.standard))
        except RecursionError:  # as in `find_unknown`
            return set()


@lru_cache(maxsize=_MOST_SHARED)
def _compile(path: Path, text: str, *, is_tolerant: bool) -> Schema:
    try:
        document = json.loads(text)
    except ValueError as error:
        raise BrokenComponent(f"{path} is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise BrokenComponent(f"{path} must hold a JSON object")
    return Schema(document, str(path), is_tolerant=is_tolerant)


def _reason(error: ValueError | jsonschema_rs.ValidationError) -> tuple[str, str]:
    """Return where a document is not a schema, and why, in a line."""
    if not isinstance(error, jsonschema_rs.ValidationError):
        text = " ".join(str(error).split())
        is_broken = isinstance(error, UnicodeError) or "UnicodeEncodeError" in text
        return "", "it holds half characters (lone surrogates)" if is_broken else text
    pointer, instance = explanation.pointer_to(error.instance_path), json.dumps(error.instance)[:_LONGEST_QUOTE]
    if pointer.endswith("/type"):
        return pointer, f"found {instance}, allowed: {', '.join(_TYPES)}, or a list of these"
    if pointer.endswith("/pattern") or '"regex"' in error.message:
        return pointer, f"{instance} is not a pattern that can be searched for in linear time: it {_NOT_LINEAR}"
    return pointer, " ".join(error.message.split())[:_LONGEST_REASON]


def _refuse_to_fetch(address: str) -> NoReturn:
    """Keep to the document: a schema that leads elsewhere must not make this process ask there."""
    raise ValueError(f"{address} is not part of the schema")
