"""The value in an answer that was asked for as JSON, or why there is none; and the words that ask for it again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from pysailor import Fault, frozen

from ..json_schema import BadSchema
from .ending import Ending, guess_ending, raw_reason
from .extract import TEXT_AROUND, candidates, parse_leniently
from .outcome import Outcome, choices, mapping, message_of, outcome_of, refusal_of, text_of
from .schema_check import Unusable, find_faults, parse_json

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


@frozen
class ParsedAnswer:
    """A value that fits (`why` is None), or the reason and the faults, with pointers into the value.

    `remarks` tells what stood around the value, in sentences.
    """

    value: Any = None
    why: Why | None = None
    faults: tuple[Fault, ...] = ()
    remarks: tuple[str, ...] = ()

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


def parse_answer(completion: Mapping[str, Any], request: Mapping[str, Any]) -> ParsedAnswer | None:
    """Return the value of the first choice; None if the request's response_format asks for plain text."""
    if not wants_json(request):
        return None
    found = choices(completion)
    return parse_choice(found[0] if found else {}, request)


def wants_json(request: Mapping[str, Any]) -> bool:
    """Return whether the request asks for JSON in the content."""
    return mapping(request.get("response_format")).get("type") in ("json_object", "json_schema")


def parse_choice(choice: Mapping[str, Any], request: Mapping[str, Any]) -> ParsedAnswer:
    """Return the value of one choice of an answer that was asked for as JSON."""
    outcome, message = outcome_of(choice), message_of(choice)
    if outcome != Outcome.COMPLETE:
        said = refusal_of(message)
        sentence = _sentence(outcome, choice) + (f': "{said}"' if said else "")
        return ParsedAnswer(why=Why(outcome.value), faults=(Fault("", sentence),))
    return _parse_text(text_of(message), schema_of(request))


def _sentence(outcome: Outcome, choice: Mapping[str, Any]) -> str:
    if outcome is Outcome.TRUNCATED and guess_ending(choice) is not Ending.LENGTH:
        return f'the answer was broken off by the service ("{raw_reason(choice)}"); ask again'
    return _SENTENCES[outcome]


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


def _parse_text(text: str, schema: Any) -> ParsedAnswer:
    try:
        value = parse_json(text)
    except Unusable as error:
        if not text.strip():
            return ParsedAnswer(why=Why.EMPTY, faults=(error.fault,))
        return _parse_within(text, schema) or ParsedAnswer(why=Why.NOT_JSON, faults=(error.fault,))
    found = _fit(value, schema, ())
    if found.fits or not isinstance(value, str):
        return found
    within = _parse_within(text, schema)  # a text that holds JSON may have been encoded twice
    return within if within is not None and within.fits else found


def _parse_within(text: str, schema: Any) -> ParsedAnswer | None:
    """Return the value that stands among thoughts, fences and words; of several the first that fits."""
    fallback = None
    for candidate, remarks in candidates(text):
        try:
            value, more = _parse_candidate(candidate)
        except (ValueError, RecursionError):
            continue
        found = _fit(value, schema, (*remarks, *more))
        if found.fits:
            return found
        if TEXT_AROUND not in remarks:
            fallback = fallback or found
    return fallback


def _parse_candidate(text: str) -> tuple[Any, tuple[str, ...]]:
    try:
        return parse_json(text), ()
    except Unusable:
        return parse_leniently(text)


def _fit(value: Any, schema: Any, remarks: tuple[str, ...]) -> ParsedAnswer:
    try:
        faults = find_faults(value, schema)
    except BadSchema as error:
        fault = Fault("/response_format/json_schema/schema", f"the answer cannot be checked: {error}")
        return ParsedAnswer(why=Why.BAD_SCHEMA, faults=(fault,))
    if faults:
        return ParsedAnswer(why=Why.DOES_NOT_FIT, faults=tuple(faults), remarks=remarks)
    return ParsedAnswer(value, remarks=remarks)
