"""Schemas that users write, made ready to check a value. Nothing is ever fetched for one."""

from __future__ import annotations

from typing import Any, NoReturn

import jsonschema_rs

from pysailor import pointer_to

_EDITIONS = (
    "https://json-schema.org/draft/2020-12/schema",
    "http://json-schema.org/draft-07/schema#",
    "http://json-schema.org/draft-04/schema#",
)
_TYPES = "string, number, integer, boolean, object, array and null"
_LONGEST = 300


class BadSchema(ValueError):
    """The schema cannot be used to check anything; `pointer` says where it goes wrong."""

    def __init__(self, message: str, pointer: str = "") -> None:
        """Keep the place."""
        super().__init__(message)
        self.pointer = pointer


def compile_schema(schema: Any) -> jsonschema_rs.Draft202012Validator:
    """Return what checks values against a schema (JSON Schema 2020-12); raise BadSchema."""
    try:
        return jsonschema_rs.Draft202012Validator(schema, retriever=_refuse_to_fetch)
    except jsonschema_rs.ValidationError as error:
        raise BadSchema(_describe(error), pointer_to(error.instance_path)) from error
    except (ValueError, TypeError, RecursionError) as error:
        raise BadSchema(shorten(str(error).partition("\n")[0])) from error


def is_of_any_edition(schema: dict[str, Any]) -> bool:
    """Return whether an object is a schema in one of the editions that programs write: 2020-12, 7, 4.

    Its form counts: references that lead nowhere, and patterns, are not looked at.
    """
    try:
        return any(jsonschema_rs.meta.is_valid({**schema, "$schema": edition}) for edition in _EDITIONS)
    except (ValueError, RecursionError):  # nested deeper than the validator goes, or no Unicode
        return True


def shorten(text: str) -> str:
    """Return a text, or the beginning of a long one."""
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _describe(error: jsonschema_rs.ValidationError) -> str:
    if error.instance_path[-1:] == ["type"]:
        return f"{shorten(repr(error.instance))} is not a type; the types are {_TYPES}"
    return shorten(error.message)


def _refuse_to_fetch(uri: str) -> NoReturn:
    raise ValueError(f"{uri} is not fetched; put the definition into the schema itself")
