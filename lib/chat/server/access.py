"""Who may connect. Pure: the request is given."""

from __future__ import annotations

import hmac
import ipaddress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ANY = "*"


@dataclass(frozen=True, slots=True)
class AccessRules:
    """The rules for connecting.

    `origins` are further origins whose pages may open a socket; `token` is asked of every visitor if it is set.
    A foreign name that was made to lead here is how a web page elsewhere would get in. So the server answers to this
    machine's own names if it is `local`, else to addresses in digits, and in both cases to the hosts of `origins`. With
    a token, which such a page does not know, a server that is not local answers to every name.
    """

    origins: frozenset[str] = frozenset()
    token: str | None = field(default=None, repr=False)
    local: bool = True
    secret: str = field(default="", repr=False)
    """What cookies are signed with; without it those of before a restart are not known."""

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """Return why a request is refused; None if it is not."""
        host = headers.get("host", "").lower()
        if not self._is_known_name(host):
            return self._unknown_name(host[:100])
        origin = headers.get("origin")
        if origin is None or ANY in self.origins or origin.lower() in self.origins:
            return None  # without an origin it is no web page that asks
        if urlsplit(origin.lower()).netloc == host and host:
            return None
        return f'pages of "{origin[:100]}" may not talk to this server; start it with --allow-origin {origin[:100]}'

    def _is_known_name(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        if ANY in self.origins or name in _LOOPBACK or name in {urlsplit(origin).hostname for origin in self.origins}:
            return True
        return not self.local and (self.token is not None or _is_digits(name))

    def _unknown_name(self, host: str) -> str:
        if self.local:
            return f'this server answers on this machine only, not as "{host}"; --host or --allow-origin change that'
        return f'this server does not answer as "{host}"; start it with --allow-origin https://{host}, or with --token'

    def knows(self, token: str | None) -> bool:
        """Return whether this is the token, in a time that does not tell how much of it is right."""
        if self.token is None:
            return True
        return token is not None and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())


def _is_digits(name: str | None) -> bool:
    try:
        ipaddress.ip_address(name or "")
    except ValueError:
        return False
    return True
