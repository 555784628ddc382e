"""Samples: messages to try a step with, from files, standard input or the command line."""

from __future__ import annotations

import base64
import json
import mimetypes
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pysailor.component.component import schemas
from pysailor.component.fields import bind_form
from pysailor.context import Context
from pysailor.message import Message
from pysailor.wire import json_fault

from .usage import BadUsage, describe_unreadable, near_file, suggest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping
    from types import ModuleType

    from pysailor.component.component import Loaded
    from pysailor.metadata import Schema

STANDARD_INPUT = "-"
_COMMAND_LINE = ""
_KEYS = ("cfg", "msg", "snapshot", "out", "scenario", "errors")
_REMARKS = ("$", "_", "//")  # what keys begin with that are for people and editors
_OF_A_MESSAGE = frozenset({"body", "headers", "attachments", "passthrough", "id"})
_FORM = 'a sample looks like {"cfg": {}, "msg": {"body": {}}, "snapshot": {}}'


@dataclass(frozen=True, slots=True)
class Sample:
    """A message to try a step with, as elasticio-cli has it; `scenario` is for a server of the component's."""

    name: str
    message: Message
    cfg: Mapping[str, Any]
    snapshot: Any
    scenario: str | None
    doubts: tuple[str, ...] = ()
    """What seems not to be meant so."""

    @classmethod
    def read(cls, file: str) -> Self:
        """Read a sample from a file; raise BadUsage."""
        try:
            text = Path(file).read_text(encoding="utf-8-sig")
        except OSError as error:
            raise BadUsage(describe_unreadable(file, error)) from error
        except UnicodeDecodeError as error:
            hint = f"save it so, or, if it is a picture or a document, give it with --attach {file}"
            raise BadUsage(f"{file} is not text in UTF-8; {hint}") from error
        return cls.of_document(file, _document(file, text))

    @classmethod
    def of_document(cls, name: str, document: Any) -> Self:
        """Read a sample's JSON; raise BadUsage."""
        if not isinstance(document, dict):
            raise BadUsage(f"{name} is not a sample: it holds no object; {_FORM}")
        if not isinstance(document.get("msg"), dict):
            meant = [doubt for doubt in _list_unknown(document) if doubt.endswith("did you mean msg?")]
            wrong = "not an object" if "msg" in document else "missing"
            raise BadUsage(f"{name} is not a sample: msg is {wrong}; {(meant or [_FORM])[0]}")
        cfg, scenario = document.get("cfg") or {}, document.get("scenario")
        if not isinstance(cfg, dict) or not isinstance(scenario, str | None):
            raise BadUsage(f"{name} is not a sample: cfg is an object and scenario is text")
        message = Message.from_json(document["msg"])
        return cls(name, message, cfg, document.get("snapshot") or {}, scenario, tuple(_list_unknown(document)))


class Samples:
    """The samples that a command names; where it names none, what it says itself or what comes on standard input."""

    def __init__(self, args: argparse.Namespace, function: Loaded, offers: ModuleType | None) -> None:
        """See what there is; raise BadUsage if there is nothing, or a file to attach cannot be read."""
        self._function, self._offers = function, offers
        self._made: Callable[[argparse.Namespace], Any] | None = getattr(args, "make_body", None)
        self._args = args
        self._attachments = _attachments(getattr(args, "attach", None) or ())
        self.names = self._names()

    def _names(self) -> list[str]:
        if getattr(self._args, "samples", None):
            return list(self._args.samples)
        if self._made is not None and self._made(self._args) is not None:
            return [_COMMAND_LINE]
        if self._args.body:
            return [_COMMAND_LINE]
        if self._takes_nothing():
            return [_COMMAND_LINE]
        if sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty():
            return [STANDARD_INPUT]
        raise BadUsage(self._explain_missing())

    def _takes_nothing(self) -> bool:
        """Return whether the function is a trigger of the platform's clock: its message is empty, if none is sent."""
        is_sent = sys.stdin is not None and not sys.stdin.closed and not sys.stdin.isatty()
        return self._function.declared.kind == "trigger" and self._function.input_schema is None and not is_sent

    def _explain_missing(self) -> str:
        if self._made is not None:
            return "what is the question? Write it behind the command, or send it on standard input"
        return "which sample? Name a file, or - for standard input, or make a message: --body KEY=VALUE"

    def read(self, name: str) -> Sample:
        """Read one of them, with what --body and --attach add; raise BadUsage."""
        if name == STANDARD_INPUT:
            sample = self._read_input()
        elif name == _COMMAND_LINE:
            made = self._made(self._args) if self._made is not None else None
            sample = _of_body(display_name(name), {} if made is None else made)
        else:
            try:
                sample = Sample.read(name)
            except BadUsage as error:
                raise BadUsage(f"{error}{self._find_sample(name) or near_file(name)}") from error
        return self._with_more(sample)

    def _read_input(self) -> Sample:
        name = display_name(STANDARD_INPUT)
        text = _standard_input()
        if not text.strip() and self._function.declared.kind == "trigger" and self._function.input_schema is None:
            return _of_body(name, {})
        if not text.strip() and self._args.__dict__.get("samples") == []:
            raise BadUsage(self._explain_missing())
        if not text.strip():
            raise BadUsage(f"{name} is empty; {_FORM}")
        if text.lstrip()[0] not in "{[":
            return _of_body(name, self._body_of(text))
        document = _document(name, text)
        if not isinstance(document, dict) or {"msg", "cfg", "snapshot", "scenario"} & set(document):
            return Sample.of_document(name, document)
        if isinstance(document.get("body"), dict) and set(document) <= _OF_A_MESSAGE:
            return Sample(name, Message.from_json(document), {}, {}, None)
        return _of_body(name, document)

    def _body_of(self, text: str) -> Any:
        """Return the body that a plain text makes; raise BadUsage if it makes none here."""
        text = text.rstrip("\r\n")
        name = self._function.declared.name
        body = getattr(self._offers, "body_of", lambda *_: None)(name, text)
        if body is not None:
            return body
        texts = [key for key, about in self._properties().items() if about.get("required") is True and _is_text(about)]
        if len(texts) == 1:
            return {texts[0]: text}
        raise BadUsage(f"{name} takes no plain text; give the message's body as JSON, or name a sample")

    def _with_more(self, sample: Sample) -> Sample:
        message = sample.message
        for key, value in self._args.body or ():
            if not isinstance(message.body, dict):
                raise BadUsage(f"{sample.name}: the body is not an object, so that --body cannot add to it")
            more = _document("--body", value) if not key else {key: self._parse_value(key, value)}
            message = message.with_body({**message.body, **more})
        if self._attachments:
            message = self._with_attachments(message)
        return replace(sample, message=message)

    def _with_attachments(self, message: Message) -> Message:
        """Return the message with the files; raise BadUsage for one that the component would leave unread."""
        name = self._function.declared.name
        message = replace(message, attachments={**message.attachments, **self._attachments})
        add = getattr(self._offers, "attach", None)
        if add is None:
            return message
        kinds = {file: about.get("content-type", "") for file, about in self._attachments.items()}
        message = message.with_body(add(name, message.body, kinds))
        unread = [file for file in kinds if file not in str(message.body)]
        if unread:
            raise BadUsage(f"{name} has no use for {', '.join(unread)}; leave out --attach")
        return message

    def _parse_value(self, key: str, value: str) -> Any:
        """Return the value as JSON if it is that, unless the schema wants text."""
        if _is_text(self._properties().get(key, {})):
            return value
        try:
            return json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            return value

    def _properties(self) -> Mapping[str, Any]:
        schema = input_schema_of(self._function)
        found = {} if schema is None else schema.document.get("properties", {})
        return found if isinstance(found, dict) else {}

    def _find_sample(self, name: str) -> str:
        """Return a hint to the function's sample that is probably meant, "" if there is none."""
        if Path(name).exists():
            return ""
        here, root = Path.cwd(), Path(self._args.component or ".")
        known = {file.stem: file for file in (root / "samples" / self._function.declared.name).glob("*.json")}
        wanted = Path(name).stem
        file = known.get(wanted) or known.get(suggest(wanted, known).removeprefix("; did you mean ").removesuffix("?"))
        if file is None:
            return ""
        return f"; did you mean {file.relative_to(here) if file.is_relative_to(here) else file}?"


def input_schema_of(function: Loaded) -> Schema | None:
    """Return what the function takes where nothing is set; None if it does not say."""
    try:
        return schemas(function, bind_form((), {}), Context())[0]
    except Exception:  # noqa: BLE001 - code of the component's author; the step will say it
        return function.input_schema


def display_name(file: str) -> str:
    """Return the name of a file as people know it."""
    return {STANDARD_INPUT: "standard input", _COMMAND_LINE: "the message"}.get(file, file)


def _of_body(name: str, body: Any) -> Sample:
    return Sample(name, Message(body=body), {}, {}, None)


def _is_text(about: Any) -> bool:
    return isinstance(about, dict) and about.get("type") == "string"


def _list_unknown(document: Mapping[str, Any]) -> list[str]:
    return [
        f'"{key}" is not a known key of a sample{suggest(key, _KEYS)}'
        for key in document
        if key not in _KEYS and not key.startswith(_REMARKS)
    ]


def _standard_input() -> str:
    if sys.stdin is None or sys.stdin.closed:
        raise BadUsage("standard input is closed; name a sample file, or make a message: --body KEY=VALUE")
    try:
        raw = getattr(sys.stdin, "buffer", None)  # some locales take any bytes for text
        return sys.stdin.read().removeprefix("\ufeff") if raw is None else raw.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadUsage(
            "standard input is not text in UTF-8; a picture or a document is given with --attach FILE"
        ) from error
    except OSError as error:
        raise BadUsage(f"standard input cannot be read: {error.strerror}") from error


def _attachments(files: Any) -> dict[str, dict[str, Any]]:
    """Return the message's attachments by name; what is on this machine becomes a data URL."""
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
        name = _new_name(Path(file).name, found)
        if file.startswith(("https://", "http://")):
            found[name] = {"url": file, "content-type": kind}
            continue
        if "://" in file:
            raise BadUsage(f"{file} is not the address of an attachment; name a file, or an address with https://")
        try:
            content = Path(file).read_bytes()
        except OSError as error:
            raise BadUsage(f"{describe_unreadable(file, error)}{near_file(file)}") from error
        data = base64.b64encode(content).decode()
        found[name] = {"url": f"data:{kind};base64,{data}", "content-type": kind, "size": len(content)}
    return found


def _new_name(name: str, known: Mapping[str, Any]) -> str:
    number, path = 2, Path(name)
    while name in known:
        name, number = f"{path.stem}-{number}{path.suffix}", number + 1
    return name


def _document(name: str, text: str) -> Any:
    if not text.strip():
        raise BadUsage(f"{name} is empty; {_FORM}")
    try:
        return json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise BadUsage(f"{name} is not valid JSON: {json_fault.explain(error)}") from error
    except ValueError as error:
        raise BadUsage(f"{name} is not valid JSON: {error}") from error
    except RecursionError as error:
        raise BadUsage(f"{name} is nested too deeply") from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")
