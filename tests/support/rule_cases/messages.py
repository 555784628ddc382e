"""The rules between messages, each with a request that breaks it and one that keeps it."""

from __future__ import annotations

from tests.support.preflight import (
    HELLO,
    MARKED,
    NOW,
    VOICE,
    Case,
    answers,
    asks,
    call,
    parts,
    transcript,
)

PICTURE = {
    "role": "tool",
    "tool_call_id": "call_1",
    "content": [{"type": "image_url", "image_url": {"url": "https://e.org"}}],
}
CASES: list[tuple[str, Case]] = [
    (
        "tool_result_parts",
        Case(
            transcript(asks(call()), PICTURE),
            "/messages/2/content/0/type",
            transcript(asks(call()), {**PICTURE, "content": [{"type": "text", "text": "x"}]}),
        ),
    ),
    ("tool_message_without_call", Case(transcript(answers()), "/messages/1/role", transcript(asks(call()), answers()))),
    (
        "tool_message_without_call",
        Case(
            transcript(asks(call()), answers(), answers("x")),
            "/messages/3/tool_call_id",
            transcript(asks(call()), answers()),
        ),
    ),
    (
        "tool_calls_unanswered",
        Case(
            transcript(asks(call(), call(one="call_2")), answers(), HELLO),
            "/messages/1/tool_calls/1/id",
            transcript(asks(call(), call(one="call_2")), answers("call_2"), answers(), HELLO),
        ),
    ),
    (
        "tool_calls_unanswered",
        Case(
            transcript(asks(call()), HELLO, answers()),
            "/messages/1/tool_calls/0/id",
            transcript(asks(call()), answers(), HELLO, asks(call()), answers()),
        ),
    ),
    (
        "too_many_tool_calls",
        Case(
            transcript(asks(*[call()] * 129), answers()),
            "/messages/1/tool_calls",
            transcript(asks(*[call()] * 128), answers()),
        ),
    ),
    (
        "called_name",
        Case(
            transcript(asks(call("multi_tool_use.parallel")), answers()),
            "/messages/1/tool_calls/0/function/name",
            transcript(asks(call("multi_tool_use")), answers()),
        ),
    ),
    (
        "call_id_length",
        Case(
            transcript(asks(call(one="x" * 65)), answers("x" * 65)),
            "/messages/1/tool_calls/0/id",
            transcript(asks(call(one="x" * 64)), answers("x" * 64)),
            certain=False,
        ),
    ),
    (
        "assistant_says_nothing",
        Case(
            transcript({"role": "assistant", "content": None}),
            "/messages/1/content",
            transcript(
                {"role": "assistant", "content": ""}, {"role": "assistant", "refusal": "No."}, asks(call()), answers()
            ),
        ),
    ),
    (
        "message_name",
        Case(transcript({**HELLO, "name": "Jane Doe"}), "/messages/1/name", transcript({**HELLO, "name": "Jané_D"})),
    ),
    (
        "message_name",
        Case(transcript({**HELLO, "name": "x" * 65}), "/messages/1/name", transcript({**HELLO, "name": "x" * 64})),
    ),
    (
        "refusal_stands_alone",
        Case(
            parts({"type": "text", "text": "a"}, {"type": "refusal", "refusal": "b"}, role="assistant"),
            "/messages/0/content",
            parts({"type": "refusal", "refusal": "b"}, role="assistant"),
            certain=False,
        ),
    ),
    (
        "file_without_content",
        Case(
            parts({"type": "file", "file": {"filename": "a.pdf"}}),
            "/messages/0/content/0/file",
            parts({"type": "file", "file": {"file_id": "file-1"}}),
        ),
    ),
    (
        "file_without_content",
        Case(
            parts({"type": "file", "file": {}}),
            "/messages/0/content/0/file",
            parts({"type": "file", "file": {"file_url": "https://files.example/a.pdf"}}),
        ),
    ),
    (
        "file_without_name",
        Case(
            parts({"type": "file", "file": {"file_data": "data:,x"}}),
            "/messages/0/content/0/file/filename",
            parts({"type": "file", "file": {"file_data": "data:,x", "filename": "a.pdf"}}),
            certain=False,
        ),
    ),
    (
        "text_too_long",
        Case(
            transcript({"role": "user", "content": "x" * 1_048_577}),
            "/messages/1/content",
            transcript({"role": "user", "content": "x" * 1_048_576}),
            certain=False,
        ),
    ),
    (
        "audio_expired",
        Case(
            transcript(VOICE),
            "/messages/1/audio/id",
            transcript({"role": "assistant", "audio": {"id": "a", "expires_at": NOW.timestamp() + 1}}),
            certain=False,
        ),
    ),
    (
        "too_many_breakpoints",
        Case(
            parts(*[MARKED] * 5),
            "/messages/0/content/4/prompt_cache_breakpoint",
            parts(*[MARKED] * 4),
            certain=False,
        ),
    ),
    (
        "developer_unknown",
        Case(
            transcript({"role": "developer", "content": "x"}),
            "/messages/1/role",
            transcript({"role": "system", "content": "x"}),
            certain=False,
            public_api=False,
        ),
    ),
    (
        "call_answered_twice",
        Case(
            transcript(asks(call()), answers(), answers()),
            "/messages/3/tool_call_id",
            transcript(asks(call()), answers(), asks(call()), answers()),
        ),
    ),
    (
        "call_id_twice",
        Case(
            transcript(asks(call(), call()), answers()),
            "/messages/1/tool_calls/1/id",
            transcript(asks(call(), call(one="call_2")), answers(), answers("call_2")),
        ),
    ),
]
