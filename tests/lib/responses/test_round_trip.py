"""What a chat request says over Responses is what it said before: there and back, nothing that is kept changes."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.offline.sandbox.responses.request import input_items, to_chat
from lib.responses.answer import read_answer
from lib.responses.items import to_items
from lib.responses.request import write
from tests.support.request_schemas import responses
from tests.support.response_events import CALL, CUSTOM, MESSAGE, THOUGHT, response

TAKEN = jsonschema_rs.validator_for(responses("request.closed.json"))
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
NAMES = st.text("abcXYZ_-09", min_size=1, max_size=12)
TEXT_PARTS = st.builds(lambda text: {"type": "text", "text": text}, WORDS)
PICTURES = st.builds(
    lambda name, detail: {"type": "image_url", "image_url": {"url": f"https://e.org/{name}.png", "detail": detail}},
    NAMES,
    st.sampled_from(["low", "high", "auto"]),
)
FILES = st.builds(lambda name: {"type": "file", "file": {"file_id": f"file-{name}"}}, NAMES)
SCHEMAS = st.sampled_from(
    [{"type": "object", "properties": {}}, {"type": "object", "properties": {"a": {"type": "string"}}}]
)
FUNCTIONS = st.builds(
    lambda name, schema, strict: {
        "type": "function",
        "function": {"name": name, "parameters": schema, "strict": strict},
    },
    NAMES,
    SCHEMAS,
    st.booleans(),
)
CUSTOMS = st.builds(
    lambda name, more: {"type": "custom", "custom": {"name": name, **more}},
    NAMES,
    st.sampled_from(
        [{}, {"description": "d"}, {"format": {"type": "grammar", "grammar": {"syntax": "regex", "definition": "a+"}}}]
    ),
)


@st.composite
def turns(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Return what an assistant said, and the results of what it called."""
    ids = draw(st.lists(NAMES, max_size=3, unique=True))
    calls = [
        {"id": one, "type": "custom", "custom": {"name": "g", "input": draw(WORDS)}}
        if draw(st.booleans())
        else {"id": one, "type": "function", "function": {"name": "f", "arguments": draw(WORDS)}}
        for one in ids
    ]
    content = draw(WORDS) if not calls or draw(st.booleans()) else None
    said = {"role": "assistant", "content": content, **({"tool_calls": calls} if calls else {})}
    return [said, *({"role": "tool", "tool_call_id": one, "content": draw(WORDS)} for one in ids)]


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, Any]]:
    asked = st.builds(
        lambda content: {"role": "user", "content": content},
        WORDS | st.lists(TEXT_PARTS | PICTURES | FILES, min_size=1, max_size=3),
    )
    told = st.builds(
        lambda role, text: {"role": role, "content": text}, st.sampled_from(["system", "developer"]), WORDS
    )
    messages = [draw(told)] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(0, 3))):
        messages += [draw(asked), *draw(turns())]
    return [*messages, draw(asked)]


BODIES = st.fixed_dictionaries(
    {"model": NAMES, "messages": conversations()},
    optional={
        "max_completion_tokens": st.integers(16, 10_000),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "reasoning_effort": st.sampled_from(["none", "low", "high"]),
        "verbosity": st.sampled_from(["low", "medium", "high"]),
        "tools": st.lists(FUNCTIONS | CUSTOMS, min_size=1, max_size=3),
        "response_format": st.just({"type": "json_object"})
        | st.builds(
            lambda schema, strict: {
                "type": "json_schema",
                "json_schema": {"name": "n", "schema": schema, "strict": strict},
            },
            SCHEMAS,
            st.booleans(),
        ),
        "metadata": st.dictionaries(NAMES, NAMES, max_size=2),
        "service_tier": st.sampled_from(["auto", "flex"]),
        "stream": st.booleans(),
        "store": st.booleans(),
        "logprobs": st.just(True),
        "top_logprobs": st.integers(0, 20),
    },
)


@settings(max_examples=150, deadline=None)
@given(BODIES)
def test_a_request_that_went_there_and_back_says_the_same(body: dict[str, Any]) -> None:
    sent = write(body)
    assert TAKEN.is_valid(sent), [str(error) for error in TAKEN.iter_errors(sent)]
    assert to_chat(sent, input_items(sent)) == {"store": False, **body}


@settings(max_examples=100, deadline=None)
@given(st.permutations([THOUGHT, MESSAGE, CALL, CUSTOM]), st.integers(0, 4), st.booleans())
def test_an_answer_that_is_handed_back_is_sent_as_its_own_items(
    items: list[dict[str, Any]], count: int, stored: bool
) -> None:
    output = items[:count]
    completion, _ = read_answer(response(output=output))
    message = completion["choices"][0]["message"]
    if "response_items" in message:
        sent = to_items([message], stored=stored)
        kinds = [item["type"] for item in output if stored or item["type"] != "reasoning"]
        while kinds and kinds[-1] == "reasoning":  # it led to nothing; and reasoning that nobody keeps is not found
            kinds.pop()
        assert [item["type"] for item in sent] == kinds
        assert not any("status" in item or (item["type"] != "reasoning" and "id" in item) for item in sent)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | WORDS, lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner)
    )
)
def test_no_shape_of_messages_tools_or_options_breaks_the_mapping(odd: Any) -> None:
    for name in ("messages", "tools", "tool_choice", "response_format", "reasoning", "text", "include", "stop"):
        write({"model": "m", "messages": [], name: odd})
    write({"model": "m", "messages": [odd, {"role": "assistant", "tool_calls": odd, "response_items": odd}]})
