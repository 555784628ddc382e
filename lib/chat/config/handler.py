"""The visitor's request, as {function: …} expressions and hooks see it under the name `handler`. Read-only."""

from __future__ import annotations

from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ABSENT: Any = object()
_MOST_ARGUMENTS = 200
_SECRET_HEADERS = frozenset({"authorization", "cookie", "sec-websocket-key"})


class MissingArgument(Exception):
    """The address lacks an argument that the settings ask for."""


class Headers(dict[str, str]):
    """The request's headers; their names are the same in small and capital letters."""

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __contains__(self, name: object) -> bool:
        """Return whether the header was sent."""
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header, or the default."""
        return super().get(name.lower(), default)


@dataclass(frozen=True, slots=True)
class ClientRequest:
    """The request that opened the socket."""

    path: str
    query: str
    host: str
    remote_ip: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]

    @property
    def uri(self) -> str:
        """Path and query."""
        return f"{self.path}?{self.query}" if self.query else self.path


@dataclass(frozen=True, slots=True)
class Handler:
    """One visitor at one route. `args` has all values of each argument of the address, in their order."""

    request: ClientRequest
    args: Mapping[str, list[str]] = field(default_factory=dict)
    path_args: Sequence[str | None] = ()
    path_kwargs: Mapping[str, str | None] = field(default_factory=dict)
    session: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The path of the address."""
        return self.request.path

    @property
    def headers(self) -> Mapping[str, str]:
        """The request's headers."""
        return self.request.headers

    @property
    def cookies(self) -> Mapping[str, str]:
        """The request's cookies."""
        return self.request.cookies

    def get_arg(self, name: str, default: Any = _ABSENT, first: bool = False) -> Any:
        """Return the last value of an argument (or the first), or the default; raise MissingArgument without one."""
        values = self.args.get(name)
        if values:
            return values[0 if first else -1]
        if default is _ABSENT:
            raise MissingArgument(f'the address lacks the argument "{name}"; add ?{urlencode({name: ""})}… to it')
        return default

    def get_args(self, name: str) -> list[str]:
        """Return all values of an argument, in their order."""
        return list(self.args.get(name, ()))

    def get_cookie(self, name: str, default: Any = None) -> Any:
        """Return a cookie, or the default."""
        return self.request.cookies.get(name, default)

    # what Gramex and Tornado call the same
    get_argument = get_arg
    get_query_argument = get_arg
    get_arguments = get_args
    get_arglist = get_args


def handler_of(
    path: str,
    query: str,
    headers: Sequence[tuple[str, str]],
    remote_ip: str,
    *,
    path_args: Sequence[str | None] = (),
    path_kwargs: Mapping[str, str | None] | None = None,
    session_id: str = "",
) -> Handler:
    """Return the visitor; raise ValueError for an address with too many arguments.

    `session_id` is the visitor's name, which is not taken from a cookie unread: anybody can send one.
    """
    said = Headers({name.lower(): value for name, value in headers})
    cookies = read_cookies(said.get("cookie", ""))
    visible = Headers({name: value for name, value in said.items() if name not in _SECRET_HEADERS})
    args = parse_qs(query, keep_blank_values=True, max_num_fields=_MOST_ARGUMENTS)
    return Handler(
        ClientRequest(path, query, said.get("host", ""), remote_ip, visible, MappingProxyType(cookies)),
        MappingProxyType({**args}),
        tuple(path_args),
        MappingProxyType(dict(path_kwargs or {})),
        MappingProxyType({"id": session_id}),
    )


def read_cookies(header: str) -> dict[str, str]:
    """Return the cookies of a header; none from one that cannot be read."""
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
