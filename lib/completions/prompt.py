"""A prompt and plain words become a request body. Pure."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput

from . import schema_shorthand
from .preflight import is_strict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..models.table import Family

_LONGEST_INDEX = 9  # digits; thousands of them are no number for Python
_PLACEHOLDER = re.compile(r"(\\?)\{\{\s*([^{}\n]*?)\s*\}\}")
_NAME_OF_VARIABLE = re.compile(r"[\w$.-](?:[\w$ .\[\]-]*[\w$.\]-])?")
"""What between two braces is meant for a variable, also if it is misspelled or in another product's way of writing."""
_TEMPERATURE = {"precise": 0.2, "balanced": 0.7, "inventive": 1.1}
_VERBOSITY = {"short": "low", "medium": "medium", "long": "high"}
_NAME = "answer"
_AS_JSON = "Answer with a JSON object."


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked: the system text, the user's message, and the options that the model takes."""

    system: dict[str, Any] | None
    user: dict[str, Any]
    options: dict[str, Any]


def build(body: Mapping[str, Any], cfg: Mapping[str, Any], family: Family | None) -> Prompt:
    """Return the prompt; raise InvalidInput for a prompt that lacks a variable, InvalidConfig for a bad schema."""
    instructions = str(cfg.get("instructions") or "").strip()
    answer_as = cfg.get("answerAs", "text")
    if answer_as == "json":  # the API wants the word JSON somewhere in the messages
        instructions = f"{instructions}\n{_AS_JSON}".strip()
    system = {"role": "system", "content": instructions} if instructions else None
    return Prompt(system, {"role": "user", "content": _content(body)}, _options(cfg, answer_as, family))


def schema_of(cfg: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the schema of the answer, None if the step asks for none; raise InvalidConfig."""
    return schema_shorthand.read(str(cfg.get("schema") or "")) if cfg.get("answerAs") == "schema" else None


def for_history(user: Mapping[str, Any]) -> dict[str, Any]:
    """Return the user's message as a conversation keeps it: references that will end are told, not kept."""
    content = user["content"]
    return {**user, "content": content if isinstance(content, str) else [_for_history(part) for part in content]}


def _content(body: Mapping[str, Any]) -> str | list[dict[str, Any]]:
    text = fill(body["prompt"], body.get("variables") or {})
    if not text.strip() and not (body.get("images") or body.get("files")):
        raise InvalidInput("is empty, so there is nothing to ask; fill it in, or its variables", pointer="/prompt")
    images = [{"type": "image_url", "image_url": {"url": url}} for url in _urls(body.get("images"))]
    files = [{"type": "file", "file": {"file_url": url}} for url in _urls(body.get("files"))]
    return [{"type": "text", "text": text}, *images, *files] if images or files else text


def fill(prompt: str, variables: Mapping[str, Any]) -> str:
    """Replace the placeholders by the variables; a backslash before one keeps it as it is written.

    It is one text in one message: it cannot become another role's. Raise InvalidInput for one that has no variable.
    """

    def value(found: re.Match[str]) -> str:
        escape, name = found.groups()
        if escape:
            return found[0][1:]
        try:
            return as_text(_look_up(name, variables))
        except LookupError:
            if not _NAME_OF_VARIABLE.fullmatch(name):
                return found[0]
        known = f"choose from {', '.join(variables)}" if variables else "no variables are mapped"
        raise InvalidInput(
            f"{{{{{name}}}}} has no variable; {known}. To send it as it is written, put \\ before it.",
            pointer="/prompt",
        )

    return _PLACEHOLDER.sub(value, prompt)


def as_text(value: Any) -> str:
    """Return a variable as it stands in a prompt: text as it is, nothing for null, everything else as JSON."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _look_up(name: str, variables: Mapping[str, Any]) -> Any:
    """Return the variable of this name, or what a name with dots leads to; raise LookupError."""
    if name in variables:
        return variables[name]
    value: Any = variables
    for key in name.split("."):
        if isinstance(value, list) and key.isdecimal() and key.isascii() and len(key) <= _LONGEST_INDEX:
            value = value[int(key)]
        elif isinstance(value, dict):
            value = value[key]
        else:
            raise LookupError(name)
    return value


def _urls(given: Any) -> list[str]:
    return [item["url"] if isinstance(item, dict) else item for item in given or ()]


def _options(cfg: Mapping[str, Any], answer_as: str, family: Family | None) -> dict[str, Any]:
    """Return the options of the plain words, without those that the model does not take."""
    options: dict[str, Any] = {}
    if cfg.get("creativity") in _TEMPERATURE and _takes(family, "temperature"):
        options["temperature"] = _TEMPERATURE[cfg["creativity"]]
    if cfg.get("length") in _VERBOSITY and family is not None and _takes(family, "verbosity"):
        options["verbosity"] = _VERBOSITY[cfg["length"]]
    if answer_as == "json":
        options["response_format"] = {"type": "json_object"}
    schema = schema_of(cfg)
    if schema is not None:
        strict = {"strict": True} if is_strict(schema, family) else {}  # else the answer is checked here only
        described = {"name": _NAME, "schema": schema, **strict}
        options["response_format"] = {"type": "json_schema", "json_schema": described}
    return options


def _takes(family: Family | None, name: str) -> bool:
    if family is None:
        return True
    reasons = name in family.effort_none_only and family.default_effort != "none"
    return name not in family.refuses and not reasons and (not family.takes_only or name in family.takes_only)


def _for_history(part: Mapping[str, Any]) -> dict[str, Any]:
    url = str(part.get("image_url", {}).get("url", ""))
    if part["type"] == "text" or (url.startswith("https://") and "storage_type=" not in url):
        return dict(part)
    what = "picture" if part["type"] == "image_url" else "file"
    return {"type": "text", "text": f"(Here was a {what}.)"}
