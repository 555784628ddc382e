"""The value in an answer that was asked for as JSON, or why there is none; and the words that ask for it again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pysailor import Fault

from ..json_schema import BadSchema
from .outcome import Outcome, choices, mapping, message_of, outcome_of, refusal_of, text_of
from .schema_check import Unusable, find_faults, parse_json, strip_fence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_FAULTS_TOLD = 20


class Why(StrEnum):
    """Why there is no parsed value."""

    REFUSED = "refused"
    TRUNCATED = "truncated"
    FILTERED = "filtered"
    TOOL_CALLS = "tool_calls"
    EMPTY = "empty"
    NOT_JSON = "not_json"
    DOES_NOT_FIT = "does_not_fit"
    BAD_SCHEMA = "bad_schema"


_SENTENCES: Final = {
    Outcome.REFUSED: "the model refused to answer",
    Outcome.TRUNCATED: "the answer was cut off before its end; allow more tokens for it",
    Outcome.FILTERED: "the provider's content filter stopped the answer",
    Outcome.TOOL_CALLS: "the model asks for tools first",
    Outcome.EMPTY: "the answer has no content",
}


@dataclass(frozen=True, slots=True)
class Parsed:
    """A value that fits (`why` is None), or the reason and the faults, with pointers into the value."""

    value: Any = None
    why: Why | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether `value` may be used; it may be None as well, since null can be a valid answer."""
        return self.why is None

    @property
    def repairable(self) -> bool:
        """Whether asking the model again, with the faults named, can help."""
        return self.why in (Why.NOT_JSON, Why.DOES_NOT_FIT)

    def to_json(self) -> dict[str, Any]:
        """Return `{"parsed"}`, or `{"parse_error": {"reason", "faults"}}`."""
        if self.why is None:
            return {"parsed": self.value}
        return {"parse_error": {"reason": self.why.value, "faults": [fault.to_json() for fault in self.faults]}}


def parse_answer(completion: Mapping[str, Any], request: Mapping[str, Any]) -> Parsed | None:
    """Return the value of the first choice; None if the request's response_format asks for plain text."""
    if not wants_json(request):
        return None
    found = choices(completion)
    return parse_choice(found[0] if found else {}, request)


def wants_json(request: Mapping[str, Any]) -> bool:
    """Return whether the request asks for JSON in the content."""
    return mapping(request.get("response_format")).get("type") in ("json_object", "json_schema")


def parse_choice(choice: Mapping[str, Any], request: Mapping[str, Any]) -> Parsed:
    """Return the value of one choice of an answer that was asked for as JSON."""
    outcome, message = outcome_of(choice), message_of(choice)
    if outcome != Outcome.COMPLETE:
        said = refusal_of(message)
        sentence = _SENTENCES[outcome] + (f': "{said}"' if said else "")
        return Parsed(why=Why(outcome.value), faults=(Fault("", sentence),))
    return _parse_text(text_of(message), schema_of(request))


def schema_of(request: Mapping[str, Any]) -> Any:
    """Return the schema that the content must fit; json_object means any object."""
    wanted = mapping(request.get("response_format"))
    if wanted.get("type") == "json_object":
        return {"type": "object"}
    schema = mapping(wanted.get("json_schema")).get("schema")
    return True if schema is None else schema


def repair_prompt(faults: Sequence[Fault], completion: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """Return the messages to add so that the model mends its answer: what it said, and each fault with its pointer."""
    lines = [f"- {fault.pointer or 'the whole answer'}: {fault.message}" for fault in faults[:_MOST_FAULTS_TOLD]]
    if len(faults) > _MOST_FAULTS_TOLD:
        lines.append(f"- and {len(faults) - _MOST_FAULTS_TOLD} more of this kind")
    asked = "\n".join(
        (
            "Your last answer cannot be used. What is wrong, each with its JSON pointer:",
            *lines,
            "Answer again with the whole corrected JSON and nothing else.",
        )
    )
    found = choices(completion or {})
    said = text_of(message_of(found[0])) if found else ""
    return [*([{"role": "assistant", "content": said}] if said else []), {"role": "user", "content": asked}]


def _parse_text(text: str, schema: Any) -> Parsed:
    try:
        value = parse_json(strip_fence(text))
        faults = find_faults(value, schema)
    except Unusable as error:
        return Parsed(why=Why.NOT_JSON if text.strip() else Why.EMPTY, faults=(error.fault,))
    except BadSchema as error:
        fault = Fault("/response_format/json_schema/schema", f"the answer cannot be checked: {error}")
        return Parsed(why=Why.BAD_SCHEMA, faults=(fault,))
    return Parsed(why=Why.DOES_NOT_FIT, faults=tuple(faults)) if faults else Parsed(value)
