"""Rules between the options of a request, whatever the model."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING, Any

from pysailor import pointer_to

from ..facts.fields import TOKEN_CAPS, known_fields, number, wants_audio
from ..facts.responses_only import FIELDS as RESPONSES_ONLY
from ..facts.toolbox import is_valid_name
from ..rule import Basis, Rule, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..rule import Breach, RequestFacts


_MOST_METADATA = 16
_LONGEST_KEY = 64
_LONGEST_VALUE = 512
_HIGHEST_BIAS = 100
_LONGEST_SAFETY_IDENTIFIER = 64
_INT64 = 2**63
_MOST_COMPARED = 200
_LONGEST_NAME = 100
_SIMILAR, _ALMOST_SAME = 0.6, 0.85  # other servers have fields of their own, such as top_k
_OF_OTHER_SERVERS = ("models", "reasoning", "tool")
_E_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _both_token_caps(facts: RequestFacts) -> Iterator[Breach]:
    if "max_tokens" in facts.body and "max_completion_tokens" in facts.body:
        fix = "keep max_completion_tokens, the newer name"
        yield "/max_tokens", "max_tokens and max_completion_tokens are both set, one is allowed", fix


def _token_cap_below_one(facts: RequestFacts) -> Iterator[Breach]:
    for name in TOKEN_CAPS:
        cap = facts.body.get(name)
        if isinstance(cap, (int, float)) and not isinstance(cap, bool) and cap < 1:
            yield f"/{name}", f"found {cap}; an answer has at least 1 token", f"write 1 or more, or remove {name}"


def _stream_options_without_stream(facts: RequestFacts) -> Iterator[Breach]:
    if "stream_options" in facts.body and facts.body.get("stream") is not True:
        yield "/stream_options", "stream_options is set, but stream is not true", "set stream, or remove stream_options"


def _top_logprobs_without_logprobs(facts: RequestFacts) -> Iterator[Breach]:
    if "top_logprobs" in facts.body and facts.body.get("logprobs") is not True:
        yield "/top_logprobs", "top_logprobs is set, but logprobs is not true", "set logprobs, or remove top_logprobs"


def _json_not_mentioned(facts: RequestFacts) -> Iterator[Breach]:
    wanted = facts.body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_object" and not facts.transcript.mentions("json"):
        problem = 'response_format is json_object, but no message holds the word "JSON"'
        fix = "say in a message that the answer is to be JSON, and which members it has"
        yield "/messages", problem, fix


def _schema_name(facts: RequestFacts) -> Iterator[Breach]:
    wanted = facts.body.get("response_format")
    given = wanted.get("json_schema") if isinstance(wanted, dict) else None
    name = given.get("name") if isinstance(given, dict) else None
    if isinstance(name, str) and not is_valid_name(name):
        problem = f"the name {quote(name)} is not allowed: letters, digits, _ and -, 1 to 64 of them"
        yield "/response_format/json_schema/name", problem, "rename it"


def _metadata_limits(facts: RequestFacts) -> Iterator[Breach]:
    metadata = facts.body.get("metadata")
    if not isinstance(metadata, dict):
        return
    if len(metadata) > _MOST_METADATA:
        problem = f"metadata has {len(metadata)} entries, at most {_MOST_METADATA} are allowed"
        yield "/metadata", problem, "keep those that you search by"
    for key, value in metadata.items():
        pointer = pointer_to(("metadata", key))
        if len(key) > _LONGEST_KEY:
            yield pointer, f"the key has {len(key)} characters, at most {_LONGEST_KEY} are allowed", "shorten it"
        if isinstance(value, str) and len(value) > _LONGEST_VALUE:
            yield pointer, f"the value has {len(value)} characters, at most {_LONGEST_VALUE} are allowed", "shorten it"


def _metadata_without_store(facts: RequestFacts) -> Iterator[Breach]:
    if facts.body.get("metadata") and facts.body.get("store") is not True:
        problem = "metadata is of use only with store true, and has been refused without it"
        yield "/metadata", problem, "set store, or remove metadata"


def _audio_settings_missing(facts: RequestFacts) -> Iterator[Breach]:
    if wants_audio(facts.body) and not isinstance(facts.body.get("audio"), dict):
        yield "/audio", "modalities asks for audio, but audio is missing", "add audio with voice and format"


def _audio_not_asked_for(facts: RequestFacts) -> Iterator[Breach]:
    if isinstance(facts.body.get("audio"), dict) and not wants_audio(facts.body):
        problem = "audio is set, but modalities does not ask for it"
        yield "/audio", problem, 'set modalities to ["text", "audio"], or remove audio'


def _audio_format_in_stream(facts: RequestFacts) -> Iterator[Breach]:
    audio = facts.body.get("audio")
    chosen = audio.get("format") if isinstance(audio, dict) else None
    if wants_audio(facts.body) and facts.body.get("stream") is True and chosen not in (None, "pcm16"):
        yield "/audio/format", f"streamed audio is pcm16, here it is {quote(chosen)}", "choose pcm16, or do not stream"


def _prediction_excludes(facts: RequestFacts) -> Iterator[Breach]:
    body = facts.body
    if "prediction" not in body:
        return
    excluded = {
        "n": number(body.get("n")) > 1,
        "logprobs": body.get("logprobs") is True,
        "presence_penalty": number(body.get("presence_penalty")) > 0,
        "frequency_penalty": number(body.get("frequency_penalty")) > 0,
        "tools": bool(body.get("tools")),
        "audio": "audio" in body,
        "modalities": wants_audio(body),
        "max_completion_tokens": "max_completion_tokens" in body,
    }
    for name, stands in excluded.items():
        if stands:
            yield f"/{name}", f"{name} cannot be combined with prediction", f"remove {name}, or prediction"


def _prediction_beside_max_tokens(facts: RequestFacts) -> Iterator[Breach]:
    if "prediction" in facts.body and "max_tokens" in facts.body:
        problem = "max_tokens may be refused beside prediction, as max_completion_tokens is"
        yield "/max_tokens", problem, "remove max_tokens, or prediction, if it is refused"


def _cache_settings_together(facts: RequestFacts) -> Iterator[Breach]:
    options = facts.body.get("prompt_cache_options")
    if "prompt_cache_retention" in facts.body and isinstance(options, dict) and options.get("ttl"):
        problem = "prompt_cache_retention and prompt_cache_options.ttl exclude each other"
        yield "/prompt_cache_retention", problem, "keep prompt_cache_options, the newer one"


def _bias(facts: RequestFacts) -> Iterator[tuple[str, str, Any]]:
    given = facts.body.get("logit_bias")
    for key, value in given.items() if isinstance(given, dict) else ():
        yield pointer_to(("logit_bias", key)), key, value


def _logit_bias_keys(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, key, _ in _bias(facts):
        if not (key.isascii() and key.isdecimal()):
            fix = 'write "text: …" and have it turned into ids, or look the id up'
            yield pointer, f"the key {quote(key)} is not a token id (a whole number as text)", fix


def _logit_bias_bounds(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, _, value in _bias(facts):
        if not -_HIGHEST_BIAS <= number(value) <= _HIGHEST_BIAS:
            yield pointer, f"found {value}, allowed: from -{_HIGHEST_BIAS} to {_HIGHEST_BIAS}", "stay within that"


def _seed_too_large(facts: RequestFacts) -> Iterator[Breach]:
    seed = facts.body.get("seed")
    if isinstance(seed, int) and not -_INT64 <= seed < _INT64:
        yield "/seed", f"found {seed}, which does not fit into 64 bits", "choose a smaller one"


def _safety_identifier_length(facts: RequestFacts) -> Iterator[Breach]:
    given = facts.body.get("safety_identifier")
    if isinstance(given, str) and len(given) > _LONGEST_SAFETY_IDENTIFIER:
        problem = f"has {len(given)} characters; some versions of the API allow {_LONGEST_SAFETY_IDENTIFIER}"
        yield "/safety_identifier", problem, "send a hash of it, such as SHA-256 in hex"


def _personal_identifier(facts: RequestFacts) -> Iterator[Breach]:
    for name in ("safety_identifier", "user"):
        given = facts.body.get(name)
        if isinstance(given, str) and _E_MAIL.fullmatch(given):
            yield f"/{name}", "looks like an e-mail address, which tells the service who it is", "send a hash of it"


def _many_choices_elsewhere(facts: RequestFacts) -> Iterator[Breach]:
    if not facts.public_api and facts.family is None and number(facts.body.get("n")) > 1:
        yield "/n", "many servers of other vendors give one answer, whatever n is", "send one request for each answer"


def _strict_null(facts: RequestFacts) -> Iterator[Breach]:
    wanted = facts.body.get("response_format")
    given = wanted.get("json_schema") if isinstance(wanted, dict) else None
    if not facts.public_api and isinstance(given, dict) and "strict" in given and given["strict"] is None:
        pointer = "/response_format/json_schema/strict"
        yield pointer, "some servers do not take null for strict", "leave strict out"


def _unknown_field(facts: RequestFacts) -> Iterator[Breach]:
    known = known_fields()
    for name in islice(
        (name for name in facts.body if name not in known and name not in RESPONSES_ONLY), _MOST_COMPARED
    ):
        cutoff = _SIMILAR if facts.public_api else _ALMOST_SAME
        close = get_close_matches(name.casefold(), known, 1, cutoff) if len(name) <= _LONGEST_NAME else []
        fix = f"did you mean {close[0]}?" if close else "remove it, unless the API has learned it since"
        if facts.public_api or (close and name not in _OF_OTHER_SERVERS):
            yield pointer_to([name[:_LONGEST_NAME]]), "is not a field of this API, as far as known", fix


_REFERENCE = "API reference"

RULES = (
    Rule("both_token_caps", _both_token_caps, "invalid_parameter_combination, param max_tokens", about=("max_tokens",)),
    Rule(
        "stream_options_without_stream",
        _stream_options_without_stream,
        "answered with 400, param stream_options",
        about=("stream_options",),
    ),
    Rule(
        "top_logprobs_without_logprobs",
        _top_logprobs_without_logprobs,
        f"{_REFERENCE}: top_logprobs",
        about=("top_logprobs",),
    ),
    Rule("token_cap_below_one", _token_cap_below_one, "integer_below_min_value", about=TOKEN_CAPS),
    Rule("json_not_mentioned", _json_not_mentioned, "answered with 400, param messages", about=("response_format",)),
    Rule("schema_name", _schema_name, f"{_REFERENCE}: response_format", about=("response_format",)),
    Rule(
        "metadata_limits", _metadata_limits, "object_above_max_properties, string_above_max_length", about=("metadata",)
    ),
    Rule(
        "metadata_without_store",
        _metadata_without_store,
        "as another connector has it",
        Basis.HEURISTIC,
        about=("metadata",),
    ),
    Rule("audio_settings_missing", _audio_settings_missing, f"{_REFERENCE}: audio", about=("modalities",)),
    Rule("audio_not_asked_for", _audio_not_asked_for, f"{_REFERENCE}: audio", Basis.HEURISTIC, about=("audio",)),
    Rule(
        "audio_format_in_stream", _audio_format_in_stream, "answered with 400 (agentfield#584)", about=("modalities",)
    ),
    Rule("prediction_excludes", _prediction_excludes, "API guide: predicted outputs", about=("prediction",)),
    Rule(
        "prediction_beside_max_tokens",
        _prediction_beside_max_tokens,
        "API guide: predicted outputs",
        Basis.HEURISTIC,
        about=("prediction",),
    ),
    Rule(
        "cache_settings_together",
        _cache_settings_together,
        "API guide: prompt caching",
        about=("prompt_cache_retention",),
    ),
    Rule("logit_bias_keys", _logit_bias_keys, f"{_REFERENCE}: logit_bias", about=("logit_bias",)),
    Rule("logit_bias_bounds", _logit_bias_bounds, f"{_REFERENCE}: logit_bias", about=("logit_bias",)),
    Rule("seed_too_large", _seed_too_large, f"{_REFERENCE}: seed", about=("seed",)),
    Rule(
        "safety_identifier_length",
        _safety_identifier_length,
        "API description and client differ",
        Basis.HEURISTIC,
        about=("safety_identifier",),
    ),
    Rule(
        "personal_identifier",
        _personal_identifier,
        f"{_REFERENCE}: safety_identifier",
        Basis.HEURISTIC,
        about=("safety_identifier", "user"),
    ),
    Rule(
        "many_choices_elsewhere",
        _many_choices_elsewhere,
        "servers other than the public API",
        Basis.HEURISTIC,
        about=("n",),
    ),
    Rule(
        "schema_strict_null",
        _strict_null,
        "servers other than the public API",
        Basis.HEURISTIC,
        about=("response_format",),
    ),
    Rule(
        "unknown_field",
        _unknown_field,
        "unknown_parameter, or unrecognized request argument",
        Basis.HEURISTIC,
        about=("unknown",),
    ),
)
