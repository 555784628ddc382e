"""One choice of a completion in the making."""

from __future__ import annotations

from typing import Any, Final

from ...api.stream import Piece
from ..answer.api_shape import NO_MESSAGE
from ..answer.calls import ARGUMENTS_AS_OBJECT, write_arguments
from ..answer.content import (
    CONTENT_AS_NUMBER,
    CONTENT_AS_OBJECT,
    CONTENT_IN_PARTS,
    OTHER_PARTS,
    join_surrogates,
    split_parts,
    write_scalar,
)
from ..answer.ending import has_reason, raw_reason
from .audio import Audio
from .tool_calls import ToolCallMerger

WENT_ON: Final = "more of the answer came after the server had said that it had ended; it was kept"
_JOINED: Final = ("content", "refusal", "reasoning_content", "reasoning", "reasoning_text", "thinking", "thought")
_LISTS: Final = ("annotations", "reasoning_details", "images")
_KINDS: Final = {name: name if name in ("content", "refusal") else "reasoning" for name in _JOINED}
_MERGED_DELTA: Final = frozenset({*_JOINED, *_LISTS, "role", "tool_calls", "function_call", "audio"})
_MERGED_CHOICE: Final = frozenset({"index", "delta", "message", "finish_reason", "logprobs", "error"})
_USUAL_MEMBERS: Final = 4  # of a choice: index, delta, finish_reason, logprobs


class ChoiceMerger:
    def __init__(self, index: int, remarks: dict[str, None]) -> None:
        self.finish_reason: str | None = None
        self._remarks = remarks
        self.went_on = False
        self._index = index
        self._role = "assistant"
        self._texts: dict[str, list[str]] = {}
        self._lists: dict[str, list[Any]] = {}
        self._calls = ToolCallMerger(remarks)
        self._function: dict[str, str] | None = None
        self._audio: Audio | None = None
        self._logprobs: dict[str, Any] | None = None
        self._halves: dict[str, str] = {}
        self._of_message: dict[str, Any] = {}
        self._of_choice: dict[str, Any] = {}

    def add(self, choice: dict[str, Any]) -> list[Piece]:
        delta = choice.get("delta")
        if not delta:
            delta = self._delta_of(choice)
        had_ended = self.finish_reason is not None
        if choice.get("finish_reason") is not None or "delta" not in choice or len(choice) > _USUAL_MEMBERS:
            self._end(choice)
        if choice.get("logprobs") is not None:
            self._add_logprobs(choice["logprobs"])
        for key, value in choice.items():
            if key not in _MERGED_CHOICE and (value is not None or key not in self._of_choice):
                self._of_choice[key] = value
        if isinstance(delta, str):
            delta, self._remarks[NO_MESSAGE] = {"content": delta}, None
        pieces = self._add_delta(delta) if isinstance(delta, dict) else []
        if had_ended and pieces:
            self.went_on = True
            self._remarks[WENT_ON] = None
        return pieces

    def _delta_of(self, choice: dict[str, Any]) -> Any:
        """Return what is new in a choice without a delta: in a message as far as it has come, or in a former text."""
        message, text = choice.get("message"), choice.get("text")
        if not isinstance(message, dict):
            return {"content": text} if isinstance(text, str) else message
        if self.is_blank():
            return message
        new: dict[str, Any] = {}
        for key in _JOINED:
            before = "".join(self._texts.get(key, ()))
            if isinstance(message.get(key), str):
                new[key] = message[key].removeprefix(before)
        return new

    def _add_delta(self, delta: dict[str, Any]) -> list[Piece]:
        pieces = []
        for key, value in delta.items():
            if key in _KINDS:
                for member, text in ((key, value),) if isinstance(value, str) else self._texts_in(value):
                    self._texts.setdefault(member, []).append(text)
                    pieces.append(self._piece(_KINDS[member], text))
            elif key not in _MERGED_DELTA and (value is not None or key not in self._of_message):
                self._of_message[key] = value
            elif value is not None:
                pieces += self._add_other(key, value)
        return [piece for piece in pieces if piece.text]

    def _add_other(self, key: str, value: Any) -> list[Piece]:
        if key == "tool_calls" and isinstance(value, (list, dict)):
            pieces = value if isinstance(value, list) else [value]
            return [self._piece("tool_call", text) for text in self._calls.add(pieces)]
        if key == "function_call" and isinstance(value, dict):
            return [self._piece("tool_call", self._add_function(value))]
        if key == "audio" and isinstance(value, dict):
            self._audio = self._audio or Audio()
            return [self._piece("transcript", self._audio.add(value))]
        if key == "role" and isinstance(value, str) and value:
            self._role = value
        elif key in _LISTS and isinstance(value, list):
            self._lists.setdefault(key, []).extend(value)
        return []

    def _end(self, choice: dict[str, Any]) -> None:
        if has_reason(choice):
            self.finish_reason = raw_reason(choice)

    def _texts_in(self, value: Any) -> list[tuple[str, str]]:
        """Return the texts of a delta, each with its member; some servers send a list of parts, as in a request."""
        if isinstance(value, dict):
            value, remark = [value], CONTENT_AS_OBJECT
        elif isinstance(value, list):
            remark = CONTENT_IN_PARTS
        elif (written := write_scalar(value)) is not None:
            value, remark = [written], CONTENT_AS_NUMBER
        else:
            return []
        texts, others = split_parts(value)
        self._remarks[remark] = None
        if others:
            self._remarks[OTHER_PARTS] = None
            self._lists.setdefault("content_parts", []).extend(others)
        return texts

    def _piece(self, kind: str, text: str) -> Piece:
        """Return the text to show; half a character waits for its other half."""
        if self._halves:
            text = self._halves.pop(kind, "") + text
        if text and "\ud800" <= text[-1] <= "\udbff":
            self._halves[kind], text = text[-1], text[:-1]
        return Piece(self._index, kind, join_surrogates(text))

    def _add_function(self, value: dict[str, Any]) -> str:
        name, arguments = value.get("name"), value.get("arguments")
        self._function = call = self._function or {"name": "", "arguments": ""}
        if isinstance(name, str) and name != call["name"]:
            call["name"] += name
        if isinstance(arguments, dict):
            self._remarks[ARGUMENTS_AS_OBJECT] = None
            arguments = write_arguments(arguments)
        text = arguments if isinstance(arguments, str) else ""
        call["arguments"] += text
        return text

    def _add_logprobs(self, logprobs: Any) -> None:
        if not isinstance(logprobs, dict):
            return
        self._logprobs = merged = self._logprobs or {"content": None, "refusal": None}
        for key, value in logprobs.items():
            if isinstance(value, list) and isinstance(merged.get(key), list):
                merged[key].extend(value)
            elif value is not None or key not in merged:
                merged[key] = list(value) if isinstance(value, list) else value

    def is_blank(self) -> bool:
        texts = any(map(any, self._texts.values()))
        return not (
            texts or self.finish_reason or self._calls or self._function or self._audio or any(self._lists.values())
        )

    def to_json(self) -> dict[str, Any]:
        return {
            **self._of_choice,
            "index": self._index,
            "message": self._message(),
            "logprobs": self._logprobs,
            "finish_reason": self.finish_reason,
        }

    def _message(self) -> dict[str, Any]:
        message: dict[str, Any] = {**self._of_message, "role": self._role, "content": None, "refusal": None}
        message.update((key, join_surrogates("".join(pieces))) for key, pieces in self._texts.items())
        message.update((key, list(items)) for key, items in self._lists.items())
        if self._calls:
            message["tool_calls"] = self._calls.to_json()
        if self._function:
            message["function_call"] = dict(self._function)
        if self._audio:
            message["audio"] = self._audio.to_json()
        if not message["content"] and (self._calls or self._function or self._audio or message["refusal"]):
            message["content"] = None  # a stream opens with "" where an answer that is not streamed has null
        message["refusal"] = message["refusal"] or None
        return message
