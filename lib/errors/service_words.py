"""What a service says when it refuses: its words and codes, found in a body of any shape. Pure."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pysailor import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_TEXT = 500

_READ = 8 * 1024 * 1024  # bytes of a body that are looked at; some repeat the whole request
_READ_OF_TEXT = 8 * 1024  # characters of what is not JSON; patterns run over it
_DEEPEST = 8
_STATUSES = range(400, 600)

_MESSAGES = (
    *("message", "msg", "detail", "errormessage", "errormsg", "errordescription", "description", "statusmsg"),
    *("statusmessage", "faultstring", "errortext", "text", "error", "errors", "err", "fault", "exception", "reason"),
    *("cause", "info", "details", "baseresp", "response", "data", "result", "body", "title", "statustext"),
)
"""Where servers put their words, the most telling first; spelled without `_`, `-` and capitals."""
_CODES = ("code", "errorcode", "errcode", "type", "errortype", "status", "reason", "statuscode", "error", "name")
_STATUS = ("code", "status", "statuscode", "errorcode", "httpstatus", "httpcode", "httpstatuscode")
_INNER = ("innererror", "metadata", "error", "errors", "fault", "detail", "details", "baseresp", "data", "response")
_ERROR_MEMBERS = (
    *("error", "errors", "fault", "exception", "detail", "details", "message", "msg", "errormessage", "errormsg"),
    *("errordescription", "baseresp", "errorcode", "errcode", "faultstring", "statusmsg"),
)
_USUAL = frozenset(
    {"id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint", "metadata"}
)
"""What an answer holds that is none."""
_WITH_INNER_ERROR = ("raw", "innererror", "underlyingerror", "upstreamerror")
"""Members beside the words that hold those of the server behind a gateway."""

_TAG = re.compile(r"<[^<>]*>")
_INVISIBLE = re.compile(r"<(script|style|head|svg)\b.*?</\1\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_HTML = re.compile(r"<(!doctype html|html|head|body|h1|title|center)\b", re.IGNORECASE)
_HEADINGS = tuple(
    re.compile(rf"<{name}\b[^<>]*>(.*?)</{name}\s*>", re.IGNORECASE | re.DOTALL) for name in ("title", "h1", "h2")
)
_XML_WORDS = re.compile(
    r"<(?:\w+:)?(message|faultstring|text|detail|description|reason|title|error)\b[^<>]*>([^<]*)</",
    re.IGNORECASE,
)
_XML_CODE = re.compile(r"<(?:\w+:)?(?:code|faultcode|errorcode|type)\b[^>]*>\s*([^<\s]{1,80})\s*</", re.IGNORECASE)
_EVENT_FIELD = re.compile(r"^(?:data|event|id|retry):[ ]?", re.MULTILINE)
_EVENT_DATA = re.compile(r"^data:[ ]?(.*)$", re.MULTILINE)


@frozen
class ServiceWords:
    """What was said: the words for people, every code in it (the most telling first), the field, the status.

    `document` is the body as JSON, None if it is not JSON. `status` is a status that the body names.
    """

    text: str = ""
    codes: tuple[str, ...] = ()
    param: str | None = None
    status: int | None = None
    document: Any = None


def read(body: bytes) -> ServiceWords:
    """Return what a body says, be it JSON, an event stream, a web page, XML or plain text."""
    text = body[:_READ].decode("utf-8", "replace").lstrip("\ufeff").strip()
    document = _json(text)
    if document is None:
        text = text[:_READ_OF_TEXT]
    if document is None and _EVENT_FIELD.match(text):
        document = next((found for line in _EVENT_DATA.findall(text) if (found := _json(line)) is not None), None)
        text = "\n".join(_EVENT_DATA.findall(text))
    if document is None:
        return _from_text(text)
    members = _outermost(document)
    codes = tuple(dict.fromkeys(_codes(members)))
    said = _with_inner(members) or ("" if codes or not members else json.dumps(document, ensure_ascii=False))
    return ServiceWords(
        text=_one_line(said),
        codes=codes,
        param=_param(members),
        status=next(_statuses(document), None),
        document=document,
    )


def is_error(document: Any) -> bool:
    """Return whether a JSON value that came with a good status is a refusal all the same.

    It is if it says so (`error`, `"type": "error"`, …), or if it holds a refusal's words and nothing to be used.
    """
    if isinstance(document, list):
        return any(isinstance(item, dict) and bool(_plain_names(item).get("error")) for item in document)
    if not isinstance(document, dict):
        return isinstance(document, str)
    if document.keys() <= _USUAL:
        return document.get("object") == "error"
    members = _plain_names(document)
    if _has_own_status(members):
        members.pop("errors", None)  # what it tells of itself, such as why a batch failed
    if members.get("error") or members.get("errors") or "error" in map(members.get, ("object", "type", "status")):
        return True
    if any(value for name, value in members.items() if name not in _ERROR_MEMBERS and isinstance(value, (list, dict))):
        return False
    return any(members.get(name) for name in _ERROR_MEMBERS)


def _has_own_status(members: Mapping[str, Any]) -> bool:
    """Return whether a document is a thing of the service (a batch, a file) with an id and a status in words."""
    named = all(isinstance(members.get(name), str) and members[name] for name in ("id", "status"))
    return named and members.get("object") != "error"


def words(value: Any, depth: int = 0) -> str:
    """Return what a person can read in a value of any shape; never Python's own way to write it."""
    if depth > _DEEPEST or value is None or isinstance(value, bool):
        return ""
    if isinstance(value, str):
        document = _json(value) if value.lstrip()[:1] in ("{", "[") else None
        return (words(document, depth + 1) or value) if document is not None else value.strip()
    if isinstance(value, list):
        return "; ".join(dict.fromkeys(filter(None, (words(item, depth + 1) for item in value))))
    if isinstance(value, dict):
        members = _plain_names(value)
        found = (words(members.get(name), depth + 1) for name in _MESSAGES)
        return next(filter(None, found), "")
    return json.dumps(value)


def _from_text(text: str) -> ServiceWords:
    """Return what a page, XML or plain text says."""
    if _HTML.search(text[:4096]):
        return ServiceWords(_one_line(_page(text)))
    if text.startswith("<"):
        found = {name.lower(): _unescape(said) for name, said in reversed(_XML_WORDS.findall(text)) if said.strip()}
        named = next((found[name] for name in _MESSAGES if name in found), "")
        return ServiceWords(_one_line(named or _TAG.sub(" ", text)), tuple(_XML_CODE.findall(text)[:1]))
    return ServiceWords(_one_line(text))


def _page(text: str) -> str:
    """Return a web page's title, or its first heading, or its text."""
    for heading in _HEADINGS:
        found = heading.search(text)
        if found and (said := _unescape(_TAG.sub(" ", found[1])).strip()):
            return said
    return _unescape(_TAG.sub(" ", _INVISIBLE.sub(" ", text)))


def _unescape(text: str) -> str:
    from html import unescape  # noqa: PLC0415 - its table of characters takes long to load; few refusals are pages

    return unescape(text)


def _one_line(text: str) -> str:
    return " ".join(text[: 8 * LONGEST_TEXT].split())[:LONGEST_TEXT]


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _outermost(document: Any) -> Mapping[str, Any]:
    """Return the members of the object that holds the refusal."""
    if isinstance(document, list):
        document = next((item for item in document if isinstance(item, dict)), {"message": document})
    if not isinstance(document, dict):
        return {"message": document}
    members = _plain_names(document)
    for name in ("error", "errors", "fault", "exception", "baseresp"):
        inner = members.get(name)
        if isinstance(inner, str) and isinstance(parsed := _json(inner), dict):
            inner = parsed
        if isinstance(inner, list):
            inner = inner[0] if len(inner) == 1 and isinstance(inner[0], dict) else None
        if isinstance(inner, dict) and inner:
            return {**{key: value for key, value in members.items() if key != name}, **_plain_names(inner)}
    return members


def _plain_names(members: Mapping[Any, Any]) -> dict[str, Any]:
    return {_plain_name(str(name)): value for name, value in members.items()}


@lru_cache(maxsize=1000)  # most answers have the same
def _plain_name(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _with_inner(members: Mapping[str, Any]) -> str:
    """Return the words, and behind them those of a server behind the gateway that are not in them already."""
    text = words(members)
    inner = members.get("metadata")
    sources = [members, _plain_names(inner) if isinstance(inner, dict) else {}]
    for source in sources:
        for name in _WITH_INNER_ERROR:
            more = words(source.get(name))
            if more and more not in text:
                text = f"{text}: {more}" if text else more
    return text


def _codes(members: Mapping[str, Any], depth: int = 0) -> Iterator[str]:
    """Return every code that stands there, also in what is nested; a plain number is a status or says nothing."""
    for name in _CODES:
        value = members.get(name)
        is_word = isinstance(value, str) and 0 < len(value) <= 80 and not re.search(r"\s", value)  # noqa: PLR2004
        if is_word or (name in ("code", "errorcode") and type(value) is int):
            yield str(value)
    for name in _INNER if depth < _DEEPEST else ():
        inner = members.get(name)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            inner = _json(inner)
        for item in inner if isinstance(inner, list) else [inner]:
            if isinstance(item, dict):
                yield from _codes(_plain_names(item), depth + 1)
    raw = members.get("raw")
    if isinstance(raw, str) and isinstance(parsed := _json(raw), dict):
        yield from _codes(_outermost(parsed), depth + 1)


def _param(members: Mapping[str, Any]) -> str | None:
    """Return the field that is named; FastAPI tells it as the steps that lead there."""
    for name in ("param", "parameter", "field", "pointer"):
        value = members.get(name)
        if isinstance(value, (str, int)) and not isinstance(value, bool) and value != "":
            return str(value)
    detail = members.get("detail")
    first = detail[0] if isinstance(detail, list) and detail else None
    steps = first.get("loc") if isinstance(first, dict) else None
    if not isinstance(steps, list):
        return None
    return ".".join(str(step) for step in steps if step != "body")[:LONGEST_TEXT] or None


def _statuses(document: Any, depth: int = 0) -> Iterator[int]:
    """Return what could be a status in it, the outermost first."""
    for item in document if isinstance(document, list) else [document]:
        if not isinstance(item, dict) or depth > _DEEPEST:
            continue
        members = _plain_names(item)
        for name in _STATUS:
            value = str(members.get(name)).strip()
            if value.isascii() and value.isdigit() and len(value) == 3 and int(value) in _STATUSES:  # noqa: PLR2004
                yield int(value)
        for name in _INNER:
            yield from _statuses(members.get(name), depth + 1)
