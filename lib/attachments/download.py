"""Fetches what lies at an address: bounded in size and time, redirections followed by hand, each hop checked."""

from __future__ import annotations

import re
import ssl
from contextlib import contextmanager
from email.errors import HeaderParseError
from http.client import HTTPException, HTTPResponse
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from pysailor import frozen

from ..user_agent import user_agent
from . import address_policy
from .connect import Connector, Target, quote_url
from .deadline import ConnectionDeadline
from .errors import NotFetched, NotThere, TooLarge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .address_policy import Resolve

MOST_REDIRECTIONS = 5
_REDIRECTIONS = (301, 302, 303, 307, 308)
_PASSING = (408, 425, 429)
_PIECE = 65_536
_LONGEST_NAME = 120
_ADVICE = {
    401: "it wants a password; take an address that is open, or one that is signed",
    403: "it does not allow it; a signed address may have expired",
    404: "nothing is there; check the address",
    410: "it is gone; check the address",
}


@frozen
class DownloadSpec:
    """What is wanted: for which place in the body, in what words, how large at most and why, until when."""

    pointer: str
    what: str
    most: int
    why: str
    end: float

    def too_large(self) -> TooLarge:
        """Make the error for content that is larger."""
        return TooLarge(f"{self.what} is larger than {self.why}; send a smaller one", pointer=self.pointer)


@frozen
class Download:
    """What was there: the content, and the name that its server or its address gives it."""

    content: bytes
    name: str | None = None


class Downloads:
    """Fetches attachments, within what is allowed. Threads may share it."""

    def __init__(self, allow_private: bool = False, resolve: Resolve = address_policy.look_up) -> None:
        """Keep whether private addresses are allowed, and what resolves names."""
        self._connector = Connector(allow_private=allow_private, resolve=resolve)

    def get(self, url: str, spec: DownloadSpec) -> Download:
        """Return what lies at the address; raise AddressRefused, NotThere, TooLarge or NotFetched."""
        with ConnectionDeadline(spec.end) as deadline:
            for _ in range(MOST_REDIRECTIONS + 1):
                target = Target.of(url, spec.pointer)
                with self._answer(target, spec, deadline) as answer:
                    if answer.status not in _REDIRECTIONS:
                        return Download(_content(answer, target, spec, deadline), _name(answer, target))
                    url = _redirection(answer, target)
        raise NotThere(f"{quote_url(url)}: it redirects more than {MOST_REDIRECTIONS} times", pointer=spec.pointer)

    def leads_outside(self, url: str, pointer: str) -> bool:
        """Return whether others can be expected to reach the address; raise NotThere if it is not an address."""
        return self._connector.leads_outside(Target.of(url, pointer))

    @contextmanager
    def _answer(self, target: Target, spec: DownloadSpec, deadline: ConnectionDeadline) -> Iterator[HTTPResponse]:
        """Ask, give the answer, and name whatever breaks until it is read."""
        connection = None
        try:
            connection, path = self._connector.open(target, deadline)
            connection.request("GET", path, headers=_headers())
            with connection.getresponse() as answer:
                yield answer
        except ssl.SSLCertVerificationError as error:
            raise NotThere(
                f"{target.host}: its certificate is not trusted ({error.verify_message}); check the address",
                pointer=spec.pointer,
            ) from error
        except (OSError, HTTPException) as error:
            raise _connection_error(target, spec, deadline, error) from error
        finally:
            if connection is not None:
                connection.close()


def _headers() -> dict[str, str]:
    return {"User-Agent": user_agent(), "Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close"}


def _redirection(answer: HTTPResponse, target: Target) -> str:
    try:
        return urljoin(target.url, _from_utf8(answer.getheader("Location", "")))
    except ValueError as error:
        raise NotThere(
            f"{target.host} redirects to something that is not an address", pointer=target.pointer
        ) from error


def _connection_error(target: Target, spec: DownloadSpec, deadline: ConnectionDeadline, error: Exception) -> NotFetched:
    if deadline.is_over:
        return NotFetched(f"{spec.what} did not come in time from {target.host}; allow more time", pointer=spec.pointer)
    why = "cannot be reached" if isinstance(error, ConnectionRefusedError) else "broke off the connection"
    return NotFetched(f"{target.host} {why} ({type(error).__name__}); try again", pointer=spec.pointer)


def _content(answer: HTTPResponse, target: Target, spec: DownloadSpec, deadline: ConnectionDeadline) -> bytes:
    """Read the content, never more of it than is wanted; raise NotThere, NotFetched or TooLarge."""
    if answer.status != 200:  # noqa: PLR2004 - all that a plain GET is answered with when it goes well
        raise _status_error(answer.status, target, spec)
    if answer.getheader("Content-Encoding", "identity").lower() not in ("", "identity"):
        raise NotThere(f"{target.host} sends it compressed, though it was not asked to", pointer=spec.pointer)
    if answer.length is not None and answer.length > spec.most:
        raise spec.too_large()
    content = bytearray()
    while piece := answer.read(_PIECE):
        content += piece
        if len(content) > spec.most:
            raise spec.too_large()
    if deadline.is_over or answer.length:  # what is left of the length it told: it ended before
        raise _connection_error(target, spec, deadline, ConnectionError())
    return bytes(content)


def _status_error(status: int, target: Target, spec: DownloadSpec) -> NotThere | NotFetched:
    if status in _PASSING or status >= 500:  # noqa: PLR2004 - the class of server errors
        return NotFetched(f"{target.host} answers {status}; try again later", pointer=spec.pointer)
    advice = _ADVICE.get(status, "that is not a file; check the address")
    return NotThere(f"{target.host} answers {status}: {advice}", pointer=spec.pointer)


def _name(answer: HTTPResponse, target: Target) -> str | None:
    """Return the name that the server tells, or else the last word of the address; None if neither is one."""
    try:
        told = answer.headers.get_filename()
    except (ValueError, LookupError, HeaderParseError):  # a header that only pretends to be one
        told = None
    if told is not None:
        return plain_name(_from_utf8(told))
    return plain_name(unquote(target.path.partition("?")[0].rpartition("/")[2]))


def plain_name(name: str) -> str | None:
    """Return a file's name without folders and odd characters; None if nothing is left."""
    last = re.split(r"[/\\]", name)[-1]
    plain = "".join(character for character in last if character.isprintable()).strip(" .")
    return plain[-_LONGEST_NAME:] or None


def _from_utf8(text: str) -> str:
    """Undo what http.client makes of UTF-8 in a header, which it reads as Latin-1."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text
