"""What a schema may hold when strict is true: in response_format, and in a function's parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import pointer_to

from ..facts.schemas import CARRIERS, KINDS_OF_VALUES, is_of_kind, may_be_array
from ..rule import Basis, Rule, quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..rule import Breach, RequestFacts

_MOST_PROPERTIES = 5000
_DEEPEST = 10
_MOST_CHARACTERS = 120_000
_MOST_CHOICES = 1000
_MANY_CHOICES = 250
_MOST_CHARACTERS_OF_MANY = 15_000

_REFUSED = ("allOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas")
_SUPPORTED = (
    *("type", "properties", "required", "additionalProperties", "items", "anyOf", "$ref", "$defs", "definitions"),
    *("enum", "const", "pattern", "format", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
    *("multipleOf", "minItems", "maxItems", "title", "description", "$schema", "$id", "$comment"),
)
"""The keywords that strict is known to support, or to pass over."""
_WITH_OWN_RULE = ("default",)
_FORMATS = ("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid")
_TYPED_BY = ("type", "$ref", "anyOf", "enum", "const", *_REFUSED, "oneOf")
_INSTEAD = "say it in the description, or check it after the answer"
_NOT_FINE_TUNED = ("pattern", "format", "minimum", "maximum", "multipleOf", "minItems", "maxItems")


def _root(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        if "anyOf" in strict.root:
            yield f"{strict.pointer}/anyOf", "the root must not be an anyOf", "wrap it as a property of an object"
        elif strict.root.get("type") != "object":
            problem = f'the root must have the type "object", here it is {quote(strict.root.get("type"))}'
            yield f"{strict.pointer}/type", problem, "wrap what you want as a property of an object"


def _additional_properties(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema in strict.objects():
            if schema.get("additionalProperties", True) is not False:
                problem = "strict asks of every object that additionalProperties is false"
                yield f"{pointer}/additionalProperties", problem, 'write "additionalProperties": false'


def _all_required(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema in strict.objects():
            properties, required = schema.get("properties"), schema.get("required")
            listed = required if isinstance(required, list) else []
            missing = [name for name in properties if name not in listed] if isinstance(properties, dict) else []
            if missing:
                problem = f"strict asks that required lists every property; {', '.join(missing)} is not listed"
                yield f"{pointer}/required", problem, 'list it, and let its type be ["…", "null"] if it may be absent'


def _required_without_property(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema in strict.objects():
            properties = _dict(schema.get("properties"))
            for index, name in enumerate(_list(schema.get("required"))):
                if not isinstance(name, str) or name not in properties:
                    problem = f"required lists {quote(name)}, which is not among the properties"
                    yield f"{pointer}/required/{index}", problem, "add the property, or take the name from the list"


def _untyped_choice(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            if ("enum" in schema or "const" in schema) and not any(key in schema for key in ("type", "$ref", "anyOf")):
                yield f"{pointer}/type", "an enum or const without a type has been refused", 'add "type"'


def _refused_keyword(facts: RequestFacts) -> Iterator[Breach]:
    yield from _keywords(facts, _REFUSED, "is not supported in a strict schema")


def _doubtful_keyword(facts: RequestFacts) -> Iterator[Breach]:
    known = {*_SUPPORTED, *_REFUSED, *_WITH_OWN_RULE}
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            for keyword in schema:
                if keyword not in known:
                    problem = f"{keyword} is not among the keywords that strict is known to support"
                    yield pointer + pointer_to([keyword]), problem, _INSTEAD


def _fine_tuned_keyword(facts: RequestFacts) -> Iterator[Breach]:
    if facts.family and facts.family.fine_tuned:
        yield from _keywords(facts, _NOT_FINE_TUNED, "is not supported by fine-tuned models in a strict schema")


def _keywords(facts: RequestFacts, keywords: tuple[str, ...], problem: str) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            for keyword in keywords:
                if keyword in schema:
                    yield f"{pointer}/{keyword}", f"{keyword} {problem}", _INSTEAD


def _default(facts: RequestFacts) -> Iterator[Breach]:
    yield from _keywords(facts, ("default",), "is not permitted in a strict schema")


def _beside_reference(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            beside = sorted(set(schema) - {"$ref", "$defs", "definitions"}) if "$ref" in schema else []
            if beside:
                problem = f"$ref must stand alone in a strict schema; beside it: {', '.join(beside)}"
                yield f"{pointer}/$ref", problem, "move them into the definition, or leave them out"


def _format(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            chosen = schema.get("format")
            if isinstance(chosen, str) and chosen not in _FORMATS:
                problem = (
                    f"the format {quote(chosen)} is not supported in a strict schema; supported: {', '.join(_FORMATS)}"
                )
                yield f"{pointer}/format", problem, "say it in the description, or use a pattern"


def _choice_of_another_type(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            types = schema.get("type")
            kinds = [types] if isinstance(types, str) else _list(types)
            if not kinds or any(kind not in KINDS_OF_VALUES for kind in kinds):
                continue
            for index, value in enumerate(_list(schema.get("enum"))):
                if not any(is_of_kind(value, kind) for kind in kinds):
                    problem = f"the enum holds {quote(value)}, which is not of the type {' or '.join(kinds)}"
                    fix = 'add "null" to the type' if value is None else "write it as that type, or add its own"
                    yield f"{pointer}/enum/{index}", problem.replace("nothing", "null"), fix


def _no_type(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            if pointer != strict.pointer and not any(key in schema for key in _TYPED_BY):
                yield pointer, "a strict schema needs a type here", 'add "type", $ref, anyOf, enum or const'


def _no_items(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            if may_be_array(schema) and not isinstance(schema.get("items"), dict):
                yield f"{pointer}/items", "a strict schema needs items for every array", 'add "items": {"type": …}'


def _depth(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        pointer, _, deepest = max(strict.inner, key=lambda inner: inner[2])
        if deepest > _DEEPEST:
            yield pointer, f"is nested {deepest} levels deep, at most {_DEEPEST} are allowed", "make the schema flatter"


def _properties(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        count = sum(len(_dict(schema.get("properties"))) for _, schema, _ in strict.inner)
        if count > _MOST_PROPERTIES:
            problem = f"there are {count} properties in all, at most {_MOST_PROPERTIES} are allowed"
            yield strict.pointer, problem, "ask for less at once"


def _characters(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        count = sum(_length(schema) for _, schema, _ in strict.inner)
        if count > _MOST_CHARACTERS:
            problem = (
                f"names, enum and const values have {count} characters in all, at most {_MOST_CHARACTERS} are allowed"
            )
            yield strict.pointer, problem, "shorten names and values"


def _choices(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        count = sum(len(_list(schema.get("enum"))) for _, schema, _ in strict.inner)
        if count > _MOST_CHOICES:
            problem = f"there are {count} enum values in all, at most {_MOST_CHOICES} are allowed"
            yield strict.pointer, problem, "take text instead, and check the value after the answer"


def _long_choices(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            texts = [value for value in _list(schema.get("enum")) if isinstance(value, str)]
            count = sum(map(len, texts))
            if len(texts) > _MANY_CHOICES and count > _MOST_CHARACTERS_OF_MANY:
                problem = (
                    f"an enum of more than {_MANY_CHOICES} values may have {_MOST_CHARACTERS_OF_MANY} characters, "
                    f"this one has {count}"
                )
                yield f"{pointer}/enum", problem, "shorten the values"


def _dangling_reference(facts: RequestFacts) -> Iterator[Breach]:
    for strict in facts.strict:
        for pointer, schema, _ in strict.inner:
            reference = schema.get("$ref")
            if "$ref" in schema and not (isinstance(reference, str) and _resolves(reference, strict.root)):
                problem = f"the reference {quote(reference)} points to nothing in this schema"
                yield f"{pointer}/$ref", problem, "point to # or to an entry of $defs"


def _resolves(reference: str, root: Mapping[str, Any]) -> bool:
    if reference == "#":
        return True
    target: Any = root
    for key in reference.removeprefix("#/").split("/") if reference.startswith("#/") else ["\0"]:
        plain = key.replace("~1", "/").replace("~0", "~")
        if isinstance(target, list) and _is_index(plain, target):
            target = target[int(plain)]
        elif isinstance(target, dict) and plain in target:
            target = target[plain]
        else:
            return False
    return True


def _length(schema: Mapping[str, Any]) -> int:
    named = (*_dict(schema.get("properties")), *_dict(schema.get("$defs")), *_dict(schema.get("definitions")))
    values = [*_list(schema.get("enum")), schema.get("const")]
    return sum(len(text) for text in (*named, *values) if isinstance(text, str))


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


_SEEN = "answered with 400: invalid_json_schema"
_GUIDE = "API guide: structured outputs, supported schemas"

RULES = (
    Rule("strict_root", _root, _GUIDE, about=CARRIERS),
    Rule("strict_additional_properties", _additional_properties, _GUIDE, about=CARRIERS),
    Rule("strict_all_required", _all_required, _GUIDE, about=CARRIERS),
    Rule("strict_required_without_property", _required_without_property, _SEEN, about=CARRIERS),
    Rule("strict_untyped_choice", _untyped_choice, _SEEN, Basis.HEURISTIC, about=CARRIERS),
    Rule("strict_refused_keyword", _refused_keyword, _GUIDE, about=CARRIERS),
    Rule("strict_doubtful_keyword", _doubtful_keyword, _GUIDE, Basis.HEURISTIC, about=CARRIERS),
    Rule("strict_default", _default, _SEEN, about=CARRIERS),
    Rule("strict_beside_reference", _beside_reference, _SEEN, about=CARRIERS),
    Rule("strict_format", _format, _GUIDE, about=CARRIERS),
    Rule("strict_no_type", _no_type, _SEEN, about=CARRIERS),
    Rule("strict_choice_of_another_type", _choice_of_another_type, _SEEN, about=CARRIERS),
    Rule("strict_no_items", _no_items, _SEEN, about=CARRIERS),
    Rule("strict_fine_tuned_keyword", _fine_tuned_keyword, _GUIDE, about=CARRIERS),
    Rule("strict_depth", _depth, _GUIDE, about=CARRIERS),
    Rule("strict_properties", _properties, _GUIDE, about=CARRIERS),
    Rule("strict_characters", _characters, _GUIDE, about=CARRIERS),
    Rule("strict_choices", _choices, _GUIDE, about=CARRIERS),
    Rule("strict_long_choices", _long_choices, _GUIDE, about=CARRIERS),
    Rule("strict_dangling_reference", _dangling_reference, "JSON Schema: $ref", Basis.LOGIC, about=CARRIERS),
)


def _is_index(text: str, items: list[Any]) -> bool:
    """Return whether a text is the index of an item; one of thousands of digits is no number for Python."""
    return text.isdecimal() and len(text) <= len(str(len(items))) and int(text) < len(items)
