"""The validator that words faults, bounded: linear patterns, counted steps, at most so many faults."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import ValidationError

MOST_FAULTS = 100
"""So many faults are put into words, and corrected in one round."""
_MOST_STEPS = 12_000  # rules asked in one explanation: some 50 ms, and the same on every machine
_MOST_SECONDS = 3.0  # of the processor, where single rules are slow; a pause to collect garbage counts as well
_MOST_INSIDE = 200  # errors kept of the alternatives at one place
_BYTES_OF_A_PATTERN = 1_000_000  # compiled
_LEFT_TO_THE_FAST_ONE = ("unevaluatedItems", "unevaluatedProperties")  # jsonschema searches for their patterns by `re`


def compile_fast(schema: Any, retriever: Callable[[str], Any]) -> jsonschema_rs.Draft202012Validator:
    """Return the fast validator, whose patterns take time in proportion to the text; raise what jsonschema_rs does."""
    options = jsonschema_rs.RegexOptions(size_limit=_BYTES_OF_A_PATTERN)
    return jsonschema_rs.Draft202012Validator(schema, retriever=retriever, pattern_options=options)


def find_errors(schema: Any, value: Any) -> tuple[list[ValidationError], bool]:
    """Return the first MOST_FAULTS errors, and whether there may be more."""
    found: list[ValidationError] = []
    validator = build_validator(schema)
    try:
        with panics_as_recursion():
            for error in islice(validator.iter_errors(value), MOST_FAULTS + 1):
                found.append(error)  # noqa: PERF402 - what was found before the steps ran out is kept
    except unexplained():
        return found, True
    return found[:MOST_FAULTS], len(found) > MOST_FAULTS


@contextmanager
def panics_as_recursion() -> Iterator[None]:
    """Have a panic of the package in Rust that jsonschema keeps its references in raised as RecursionError.

    It panics when the interpreter's stack ends while it compares two of them, and a panic is no Exception: it would
    pass by everything that keeps a worker or a command alive.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise RecursionError("the stack ended in a package that is not Python") from error
        raise


def unexplained() -> tuple[type[Exception], ...]:
    """Return what may end an explanation early.

    Too many rules, a value nested deeper than the interpreter goes, and numbers and references that the slow validator
    understands less well than the fast one.
    """
    from referencing.exceptions import Unresolvable  # noqa: PLC0415 - as below

    return (TooManySteps, RecursionError, ArithmeticError, LookupError, ValueError, Unresolvable)


class TooManySteps(Exception):
    """The explanation has asked as many rules as it may."""


def build_validator(schema: Any) -> Draft202012Validator:
    """Return a validator for one explanation: it raises TooManySteps when that becomes too long."""
    from jsonschema import Draft202012Validator  # noqa: PLC0415 - 45 ms that an accepted message does not need
    from jsonschema.validators import extend  # noqa: PLC0415
    from jsonschema_specifications import REGISTRY  # type: ignore[import-untyped]  # noqa: PLC0415

    steps = _Steps()
    search = _Patterns().search
    own = {
        "type": _type,
        "enum": partial(_enum, _Choices()),
        "const": lambda validator, rule, instance, schema: _enum(_Choices(), validator, [rule], instance, schema),
        "required": _required,
        "pattern": partial(_pattern, search),
        "patternProperties": partial(_pattern_properties, search),
        "additionalProperties": partial(_additional_properties, search),
        "uniqueItems": _unique_items,
        "anyOf": _any_of,
        "oneOf": partial(_one_of, steps),
        **dict.fromkeys(_LEFT_TO_THE_FAST_ONE, _nothing),
    }
    rules = {name: steps.count(own.get(name, rule)) for name, rule in Draft202012Validator.VALIDATORS.items()}
    build: Any = extend
    bounded: Any = build(Draft202012Validator, rules)
    validator: Draft202012Validator = bounded(schema, registry=REGISTRY)  # only the specification is there to be found
    return validator


class _Steps:
    def __init__(self) -> None:
        self._left = _MOST_STEPS
        self._until = time.thread_time() + _MOST_SECONDS

    def take(self, count: int = 1) -> None:
        self._left -= count
        if self._left < 0 or time.thread_time() > self._until:
            raise TooManySteps

    def count(self, rule: Any) -> Any:
        def counted(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
            self.take()
            for error in rule(validator, value, instance, schema) or ():
                error.message = ""  # it quotes the whole instance; Fault words it anew
                yield error
                self.take()

        return counted


class _Patterns:
    """Patterns, each compiled once, by the engine that is linear in time."""

    def __init__(self) -> None:
        self._compiled: dict[str, jsonschema_rs.Draft202012Validator] = {}

    def search(self, pattern: str, text: str) -> bool:
        if pattern not in self._compiled:
            self._compiled[pattern] = compile_fast({"pattern": pattern}, retriever=_retrieve_nothing)
        try:
            return self._compiled[pattern].is_valid(text)
        except ValueError:  # text that is not Unicode
            return False


def _retrieve_nothing(address: str) -> Any:
    raise ValueError(address)


def _nothing(*_: Any) -> tuple[()]:
    return ()


def _error(message: str, **more: Any) -> ValidationError:
    from jsonschema.exceptions import ValidationError  # noqa: PLC0415 - as above

    return ValidationError(message, **more)


def _pattern(search: Any, validator: Any, pattern: str, instance: Any, _: Any) -> Iterator[ValidationError]:
    if validator.is_type(instance, "string") and not search(pattern, instance):
        yield _error("does not match the pattern")


def _pattern_properties(search: Any, validator: Any, rules: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    for pattern, schema in rules.items() if isinstance(instance, dict) else ():
        for name, member in instance.items():
            if search(pattern, name):
                yield from validator.descend(member, schema, path=name, schema_path=pattern)


def _additional_properties(
    search: Any, validator: Any, rule: Any, instance: Any, schema: Any
) -> Iterator[ValidationError]:
    declared, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    for name, member in instance.items() if isinstance(instance, dict) else ():
        if name in declared or any(search(pattern, name) for pattern in patterns):
            continue
        if rule is False:
            yield _error("is not declared")
            return
        yield from validator.descend(member, rule, path=name)


def _unique_items(_: Any, rule: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if rule is True and isinstance(instance, list):
        seen = set(map(_canonical, instance))
        if len(seen) < len(instance):
            yield _error("has an item twice")


def _plain_numbers(value: Any) -> Any:
    """Return the value with 1.0 as 1: to JSON Schema they are equal."""
    if isinstance(value, dict):
        return {name: _plain_numbers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _type(validator: Any, rule: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    if not any(validator.is_type(instance, name) for name in ([rule] if isinstance(rule, str) else rule)):
        yield _error("is of another type")


def _enum(choices: _Choices, _: Any, rule: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if not choices.have(rule, instance):
        yield _error("is not one of the choices")


def _required(_: Any, rule: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, dict) and any(name not in instance for name in rule):
        yield _error("has not all that is required")


class _Choices:
    """The values of enumerations, each list read once."""

    def __init__(self) -> None:
        self._read: dict[int, frozenset[str]] = {}

    def have(self, choices: list[Any], value: Any) -> bool:
        if id(choices) not in self._read:
            self._read[id(choices)] = frozenset(map(_canonical, choices))
        return _canonical(value) in self._read[id(choices)]


def _canonical(value: Any) -> str:
    return json.dumps(_plain_numbers(value), sort_keys=True, default=repr)


def _any_of(validator: Any, branches: Any, instance: Any, _: Any) -> Iterator[ValidationError]:
    inside: list[ValidationError] = []
    for index, branch in enumerate(branches):
        errors = list(islice(validator.descend(instance, branch, schema_path=index), MOST_FAULTS))
        if not errors:
            return
        inside += errors[: max(1, _MOST_INSIDE - len(inside))]
    yield _error("fits none of the alternatives", context=inside)


def _one_of(steps: _Steps, validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    fitting = 0
    for branch in branches:
        steps.take()
        fitting += next(validator.descend(instance, branch), None) is None
    if fitting == 0:
        yield from _any_of(validator, branches, instance, schema)
    elif fitting > 1:
        yield _error("fits more than one alternative")
