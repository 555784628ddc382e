"""Where the API is and who asks: the credential, in the client's words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit, urlunsplit

from pysailor import MASK, Fault, InvalidConfig, mask

from .. import declared
from ..user_agent import user_agent
from . import extra_headers as more_headers
from . import servers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .servers import ServerKind

PUBLIC_API: str = declared.default("baseUrl")
NO_KEY = "-"
"""Stands where a key is asked for and none is to be sent."""

_BEFORE_KEY = re.compile(
    r"(?:(?:export\s+)?(?:authorization|(?:x-)?api-key|\w*_(?:key|token))\s*[:=]\s*)?[\"']?(?:bearer(?:\s+|$))?",
    re.IGNORECASE,
)
_VERSION = "api-version"
_MOST_DIGITS = 12
_OF_THE_SECOND = {"baseUrl": "secondBaseUrl", "apiKey": "secondApiKey", "server": "secondServer"}
_OF_THE_FIRST = ("organization", "organizationId", "project", "headers", "requestsPerMinute", "tokensPerMinute")
_LONGEST_NAME = 253  # of a server, as the DNS has it
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")


def second_server(cfg: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with the credential's second server in place of the first, without what is the first's."""
    kept = {name: value for name, value in cfg.items() if name not in _OF_THE_FIRST}
    return {**kept, **{name: cfg.get(of) for name, of in _OF_THE_SECOND.items()}}


@dataclass(frozen=True)
class Connection:
    """One way to one API. Equal ones are interchangeable; a printed one tells where it leads and no secret."""

    base_url: str = field(default=PUBLIC_API, repr=False)
    api_key: str = field(default="", repr=False)
    organization: str | None = None
    project: str | None = None
    more_headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    chosen: str = declared.default("server")
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> Connection:
        """Return the connection that cfg describes; in it the step's organization overrides the credential's.

        Raise InvalidConfig for what no request could be made with.
        """
        headers, faults = more_headers.read(cfg.get("headers"))
        requests, tokens = (_limit(cfg, name, faults) for name in ("requestsPerMinute", "tokensPerMinute"))
        chosen = cfg.get("server") or declared.default("server")
        connection = cls(
            base_url=_normalize(str(cfg.get("baseUrl") or PUBLIC_API), chosen),
            api_key=_key(cfg.get("apiKey")),
            organization=_id(cfg.get("organizationId")) or _id(cfg.get("organization")),
            project=_id(cfg.get("project")),
            more_headers=headers,
            chosen=chosen,
            requests_per_minute=requests,
            tokens_per_minute=tokens,
        )
        faults = [*connection.faults(), *faults]
        if faults:
            raise InvalidConfig(faults=faults)
        return connection

    def __hash__(self) -> int:
        """Return the hash of what tells it apart, counted once: messages ask for the client of their connection."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.base_url, self.api_key, self.organization, self.project, self.more_headers, self.chosen))

    @cached_property
    def server(self) -> ServerKind:
        """The kind of server that is at the address."""
        return servers.server_for(self.base_url, self.chosen)

    @cached_property
    def public(self) -> bool:
        """Whether this is the public API, whose models and rules are known."""
        return self.server is servers.OPENAI

    @cached_property
    def address(self) -> str:
        """The base URL without its query, which may hold a key: to be logged, shown and remembered."""
        parts = urlsplit(self.base_url)
        return urlunsplit((parts.scheme, parts.netloc, parts.path, "", ""))

    @cached_property
    def regional(self) -> bool:
        """Whether the address keeps the data in a region, which costs more."""
        return servers.is_regional(self.base_url)

    @property
    def server_name(self) -> str:
        """The server's name, and the port if one is given: for people."""
        return urlsplit(self.base_url).netloc.rpartition("@")[2]

    def headers(self) -> dict[str, str]:
        """Return the headers that every request carries. A line of the credential stands above ours of that name."""
        carried = {
            "OpenAI-Organization": self.organization,
            "OpenAI-Project": self.project,
            "User-Agent": user_agent(),
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "Content-Type": "application/json",
        }
        if self._sends_key:
            name, value = self.server.key(self.api_key)
            carried = {name: value, **carried}
        replaced = {name.lower() for name, _ in self.more_headers}
        ours = {name: value for name, value in carried.items() if value and name.lower() not in replaced}
        return {**ours, **dict(self.more_headers)}

    def headers_without_secrets(self) -> dict[str, str]:
        """Return the same headers with the lines of the credential masked: any of them may be a secret."""
        masked = {name: MASK for name, _ in self.more_headers}
        return {**self.headers(), **masked}

    def mask_query(self, url: str) -> str:
        """Return an address with the values of its query masked, since any may be a secret; a version is not."""
        parts = urlsplit(url)
        query = "&".join(_mask_value(part) for part in parts.query.split("&")) if parts.query else ""
        return urlunsplit(parts._replace(query=query))

    def mask_secrets(self, text: str) -> str:
        """Return a server's words without the key, nor anything else that may be a secret of this connection."""
        return mask(text, self._secrets, cut_off=True)

    @cached_property
    def _secrets(self) -> list[str]:
        """What a server must not make us tell."""
        found = {self.api_key, *(value for _, value in self.more_headers)}
        for name, value in parse_qsl(urlsplit(self.base_url).query, keep_blank_values=True):
            if name != _VERSION:
                found |= {value, quote(value), quote_plus(value)} if value else {name}
        return list(found)

    def url(self, path: str, model: str | None = None) -> str:
        """Return the address of an endpoint; some servers want the model in it."""
        return self.server.url(self.base_url, path, model)

    def faults(self) -> Iterator[Fault]:
        """Return what keeps a request from being made at all."""
        if not _names_a_server(self.base_url):
            yield Fault("/baseUrl", f"must start with https:// (or http://) and name a server, like {PUBLIC_API}")
        elif not _can_be_looked_up(urlsplit(self.base_url).hostname or ""):
            yield Fault(
                "/baseUrl",
                "names no server: its name is parts of 1 to 63 letters, digits and hyphens, with single dots between",
            )
        elif "@" in urlsplit(self.base_url).netloc:
            yield Fault("/baseUrl", "holds a user name; put it into More headers, as an Authorization line")
        if self.chosen not in servers.CHOICES:
            yield Fault("/server", f"found {self.chosen}, allowed: {', '.join(servers.CHOICES)}")
        for name, value in (
            ("apiKey", self.api_key),
            ("organization", self.organization),
            ("project", self.project),
        ):
            if value and not (value.isascii() and value.isprintable()):
                yield Fault(f"/{name}", "holds a line break or another character that it cannot have; copy it again")
        if self._sends_key and any(name.lower() in ("authorization", "api-key") for name, _ in self.more_headers):
            yield Fault(
                "/headers", f"names a key beside the API Key; take one away (an API Key of {NO_KEY} means: send none)"
            )

    @property
    def _sends_key(self) -> bool:
        return self.api_key not in ("", NO_KEY)


def _key(value: Any) -> str:
    """Return the key alone, of what was copied with it: the name of its header, Bearer, quotes."""
    return servers.trim(_BEFORE_KEY.sub("", servers.trim(str(value or ""))))


def _id(value: Any) -> str | None:
    return servers.trim(str(value)) or None if value is not None else None


def _normalize(address: str, chosen: str) -> str:
    """Return the address as it is meant, or as it stands if it is not valid: faults() has the sentence for that."""
    if not servers.trim(address).isprintable():
        return address
    try:
        return servers.normalize(address, chosen)
    except ValueError:  # a port that is not a number, a broken IPv6 address
        return address


def _names_a_server(address: str) -> bool:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is not a number, a broken IPv6 address
        return False
    return usable and not parts.fragment and address.isprintable() and " " not in address


def _can_be_looked_up(host: str) -> bool:
    """Return whether a name could be a server's; what stands between brackets is an address, checked before."""
    if ":" in host:
        return True
    try:
        name = host.encode("idna").decode()  # refuses labels that are empty or too long
    except UnicodeError:
        return False
    return len(name) <= _LONGEST_NAME and _NAME.fullmatch(name) is not None


def _mask_value(part: str) -> str:
    name, equals, _ = part.partition("=")
    if name == _VERSION:
        return part
    return f"{name}={MASK}" if equals else MASK


def _limit(cfg: Mapping[str, Any], name: str, faults: list[Fault]) -> int | None:
    """Return a limit a minute, None for none; add to the faults what is none."""
    given = cfg.get(name)
    if given in (None, ""):
        return None
    text = str(given).strip().replace(",", "").replace("_", "").removesuffix(".0")
    if not (text.isdecimal() and text.isascii() and 0 < len(text) <= _MOST_DIGITS and int(text) > 0):
        faults.append(Fault(f"/{name}", f'found "{given}", allowed: a whole number from 1 on, or empty for no limit'))
        return None
    return int(text)
