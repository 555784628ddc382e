"""The platform's dialect of JSON Schema, to and from the standard."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

_OF_NAMED_SCHEMAS = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_OF_SCHEMAS = ("allOf", "anyOf", "oneOf", "prefixItems")
_OF_ONE_SCHEMA = ("items", "additionalProperties", "contains", "propertyNames", "not", "if", "then", "else")
NOTHING: Mapping[str, Any] = {"not": {}}
_DEEPEST_TREE = 24  # levels; the mapper's tree must end
_MOST_IN_TREE = 5000


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
        return {name: _with_place(to_standard(member)) for name, member in value.items()}
    if key in _OF_SCHEMAS and isinstance(value, list):
        return [_with_place(to_standard(member)) for member in value]
    return to_standard(value) if key in _OF_ONE_SCHEMA else value


def _with_place(schema: Any) -> Any:
    """Return `false` as the schema that means the same: of `false` the slow validator does not tell the place."""
    return dict(NOTHING) if schema is False else schema


def loosen(schema: Any) -> Any:
    """Return the schema with the kinds of its optional members left open: what a service may answer some day."""
    if isinstance(schema, list):
        return [loosen(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    looser = {key: loosen(value) for key, value in schema.items()}
    for name, member in properties(schema).items():
        if isinstance(member, dict) and not _is_required(member):
            looser["properties"][name].pop("type", None)
    return looser


def to_dialect(standard: Mapping[str, Any]) -> dict[str, Any]:
    """Translate standard JSON Schema to the platform's dialect; what repeats itself ends as an open object."""
    return _Translation(standard).translate(standard, required=None, inside=("#",))


class _Translation:
    """One translation; references are written out, and there may be no end of them."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._left = _MOST_IN_TREE

    def translate(self, schema: Any, *, required: bool | None, inside: tuple[str, ...]) -> dict[str, Any]:
        """Translate a part; `inside` are the references that were followed to come here."""
        self._left -= 1
        is_closed = self._left < 0 or len(inside) > _DEEPEST_TREE
        if is_closed or not isinstance(schema, dict) or schema.get("$ref") in inside:
            return {}
        inside = (*inside, str(schema.get("$ref", "")))
        schema = _plain_of_nullable(resolve(schema, self._root), self._root)
        shown = _shown(schema)
        if required is not None:
            shown["required"] = required
        if properties(schema):
            needed = schema.get("required") or ()
            shown["properties"] = {
                name: {"title": name, **self.translate(member, required=name in needed, inside=inside)}
                for name, member in properties(schema).items()
            }
        if isinstance(schema.get("items"), dict):
            shown["items"] = self.translate(schema["items"], required=None, inside=inside)
        return shown


def _shown(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the mapper shows of a schema itself."""
    shown = {key: schema[key] for key in ("type", "enum", "examples", "title") if key in schema}
    if "const" in schema:
        shown["enum"] = [schema["const"]]
    if "description" in schema:
        shown["help"] = {"description": schema["description"]}
    return shown


def _plain_of_nullable(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the one alternative to null, with null as a second type: the mapper cannot show a choice."""
    others = [part for part in schema.get("anyOf") or () if isinstance(part, dict) and part.get("type") != "null"]
    if len(others) != 1 or len(schema["anyOf"]) == 1:
        return schema
    plain = {**{key: value for key, value in schema.items() if key != "anyOf"}, **resolve(others[0], root)}
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


def resolve(schema: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references inside the document; one that leads nowhere, or in a circle, leads to an open schema."""
    followed = []
    while isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
        if schema["$ref"] in followed:
            return {}
        followed.append(schema["$ref"])
        schema = _target(schema["$ref"], root)
    return schema if isinstance(schema, dict) else {}


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    address, _, fragment = reference.partition("#")
    if address or (fragment and not fragment.startswith("/")):
        return None
    target: Any = root
    for key in unquote(fragment).split("/")[1:]:
        target = target.get(key.replace("~1", "/").replace("~0", "~")) if isinstance(target, dict) else None
    return target
