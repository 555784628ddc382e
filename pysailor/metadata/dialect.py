"""The platform's dialect of JSON Schema, to and from the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_NAMED_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
_OF_ONE_SCHEMA = ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else")
_DEEPEST_TREE = 12  # a schema may refer to itself; the mapper's tree must end


def to_standard(schema: Any) -> Any:
    """Translate the platform's dialect to standard JSON Schema."""
    if not isinstance(schema, dict):
        return schema
    plain = {key: _standard_member(key, value) for key, value in schema.items() if not _is_flag(key, value)}
    flagged = [name for name, member in properties(schema).items() if _is_required(member)]
    if flagged:
        plain["required"] = list(dict.fromkeys([*plain.get("required", []), *flagged]))
    return plain


def _standard_member(key: str, value: Any) -> Any:
    if key in _OF_NAMED_SCHEMAS and isinstance(value, dict):
        return {name: to_standard(member) for name, member in value.items()}
    if key in _OF_SCHEMAS and isinstance(value, list):
        return [to_standard(member) for member in value]
    return to_standard(value) if key in _OF_ONE_SCHEMA else value


def to_dialect(standard: Mapping[str, Any]) -> dict[str, Any]:
    """Translate standard JSON Schema to the platform's dialect; what repeats itself ends as an open object."""
    return _dialect(standard, standard, required=None, depth=0)


def _dialect(schema: Any, root: Mapping[str, Any], *, required: bool | None, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST_TREE or not isinstance(schema, dict):
        return {}
    schema = _plain_of_nullable(resolved(schema, root), root)
    told = {key: schema[key] for key in ("type", "enum", "examples", "title") if key in schema}
    if "const" in schema:
        told["enum"] = [schema["const"]]
    if "description" in schema:
        told["help"] = {"description": schema["description"]}
    if required is not None:
        told["required"] = required
    if properties(schema):
        needed = schema.get("required") or ()
        told["properties"] = {
            name: {"title": name, **_dialect(member, root, required=name in needed, depth=depth + 1)}
            for name, member in properties(schema).items()
        }
    if isinstance(schema.get("items"), dict):
        told["items"] = _dialect(schema["items"], root, required=None, depth=depth + 1)
    return told


def _plain_of_nullable(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the one alternative to null, with null as a second type: the mapper cannot show a choice."""
    others = [part for part in schema.get("anyOf") or () if isinstance(part, dict) and part.get("type") != "null"]
    if len(others) != 1 or len(schema["anyOf"]) == 1:
        return schema
    plain = {**{key: value for key, value in schema.items() if key != "anyOf"}, **resolved(others[0], root)}
    if isinstance(plain.get("type"), str):
        plain["type"] = [plain["type"], "null"]
    if "enum" in plain:
        plain["enum"] = [*plain["enum"], None]
    return plain


def _is_flag(key: str, value: Any) -> bool:
    return key == "required" and not isinstance(value, list)


def _is_required(member: Any) -> bool:
    return isinstance(member, dict) and member.get("required") in (True, "true")


def properties(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = schema.get("properties")
    return properties if isinstance(properties, dict) else {}


def resolved(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference inside the document."""
    if not isinstance(schema, dict):
        return {}
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference.startswith("#/"):
        target: Any = root
        for key in reference[2:].split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        return resolved(target, root)
    return schema
