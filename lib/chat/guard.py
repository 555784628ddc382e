"""Who may come in, and how often they may speak. Pure: the clock and the request are given."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
ANY = "*"


@dataclass(frozen=True, slots=True)
class Guard:
    """The rules for coming in.

    `origins` are further origins whose pages may open a socket; `token` is asked of every visitor if it is set.
    With `local` the server listens on this machine only, and answers only to this machine's names: a foreign name that
    was made to lead here is how a web page elsewhere would get in.
    """

    origins: frozenset[str] = frozenset()
    token: str | None = field(default=None, repr=False)
    local: bool = True

    def refusal(self, headers: Mapping[str, str]) -> str | None:
        """Say why a request is refused; None if it is not."""
        host = headers.get("host", "").lower()
        if self.local and not self._is_known_name(host):
            return (
                f'this server answers on this machine only, not as "{host[:100]}"; --host or --allow-origin change that'
            )
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
        return (
            name in _LOOPBACK or ANY in self.origins or name in {urlsplit(origin).hostname for origin in self.origins}
        )

    def knows(self, token: str | None) -> bool:
        """Tell whether this is the token, in a time that does not tell how much of it is right."""
        if self.token is None:
            return True
        return token is not None and hmac.compare_digest(token.encode("utf-8", "replace"), self.token.encode())


class Allowance:
    """So many messages a minute, a burst of as many at once."""

    def __init__(self, a_minute: float, now: float) -> None:
        """Be full."""
        self._most = self._left = float(a_minute)
        self._then = now

    def take(self, now: float) -> bool:
        """Take one; tell whether there was one left."""
        self._left = min(self._most, self._left + (now - self._then) * self._most / 60)
        self._then = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
