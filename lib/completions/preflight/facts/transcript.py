"""What the messages say to one another, gathered in one pass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_TEXT = 1_048_576
"""So many characters of one content string were seen to be accepted."""
_ROLE_AND_TEXT = 2


@dataclass(slots=True)
class Transcript:
    """The few things in the messages that rules ask for, each with the index of its message.

    `calls` are the tool calls of an assistant's message, `tool_results` the ids that tool messages answer,
    `parts` the contents that are lists.
    """

    roles: set[str] = field(default_factory=set)
    calls: list[tuple[int, list[Any]]] = field(default_factory=list)
    tool_results: dict[int, Any] = field(default_factory=dict)
    names: list[tuple[int, Any]] = field(default_factory=list)
    parts: list[tuple[int, list[Any]]] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    empty_replies: list[int] = field(default_factory=list)
    audio_replies: list[tuple[int, Any]] = field(default_factory=list)
    has_long_text: bool = False

    @classmethod
    def of(cls, messages: Any) -> Transcript:
        """Read the messages once for all rules: asking each message again is what costs.

        What has another shape than the schema asks for is passed over here.
        """
        transcript = cls()
        texts, roles = transcript.texts, transcript.roles
        for index, message in enumerate(messages if isinstance(messages, list) else ()):
            if message.__class__ is not dict:
                continue
            role: Any = message.get("role")
            content: Any = message.get("content")
            is_short_text = content.__class__ is str and len(content) <= LONGEST_TEXT
            if is_short_text and len(message) == _ROLE_AND_TEXT and role.__class__ is str and role != "tool":
                texts.append((index, content))  # as most are; there is nothing else in them
                roles.add(role)
            else:
                transcript._read(index, message)
        return transcript

    def each_part(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Return the content parts of one type, each with its pointer."""
        for index, content in self.parts:
            for place, part in enumerate(content):
                if isinstance(part, dict) and part.get("type") == kind:
                    yield f"/messages/{index}/content/{place}", part

    def mentions(self, word: str) -> bool:
        """Return whether the word stands anywhere in what was said, in any case."""
        for _, text in self.texts:
            if word in text.casefold():
                return True
        spoken = ((part.get("text"), part.get("refusal")) for _, part in self._all_parts())
        called = (argument_text(call) for _, calls in self.calls for call in calls)
        return any(isinstance(text, str) and word in text.casefold() for texts in (*spoken, called) for text in texts)

    def _all_parts(self) -> Iterator[tuple[int, dict[str, Any]]]:
        for index, content in self.parts:
            for part in content:
                if isinstance(part, dict):
                    yield index, part

    def _read(self, index: int, message: dict[str, Any]) -> None:
        role, content = message.get("role"), message.get("content")
        if content.__class__ is str:
            self.texts.append((index, content))
            self.has_long_text |= len(content) > LONGEST_TEXT
        elif content.__class__ is list:
            self.parts.append((index, content))
        if role.__class__ is str:
            self.roles.add(role)
        if role == "assistant":
            self._read_assistant(index, message, content)
        elif role == "tool":
            self.tool_results[index] = message.get("tool_call_id")
        if "name" in message:
            self.names.append((index, message["name"]))

    def _read_assistant(self, index: int, message: dict[str, Any], content: Any) -> None:
        calls = message.get("tool_calls")
        if calls.__class__ is list and calls:
            self.calls.append((index, calls))
        elif content is None and not any(message.get(name) for name in ("function_call", "audio", "refusal")):
            self.empty_replies.append(index)
        if message.get("audio"):
            self.audio_replies.append((index, message["audio"]))


def argument_text(call: Any) -> Any:
    """Return the text that a tool call carries: its arguments, or a custom tool's input."""
    called = (call.get("function") or call.get("custom")) if isinstance(call, dict) else None
    return (called.get("arguments") or called.get("input")) if isinstance(called, dict) else None


def call_id(call: Any) -> str | None:
    """Return a tool call's id, if it is one."""
    found = call.get("id") if call.__class__ is dict else None
    return found if isinstance(found, str) else None


def results_after(transcript: Transcript, index: int) -> Iterator[tuple[int, Any]]:
    """Return the tool messages that follow a message without anything between."""
    place = index + 1
    while place in transcript.tool_results:
        yield place, transcript.tool_results[place]
        place += 1
