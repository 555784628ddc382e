"""The visitor's random name, in a cookie that only this server can make. Pure, but for the randomness."""

from __future__ import annotations

import hashlib
import hmac
import secrets

COOKIE = "chat_session"


class CookieSigner:
    """Makes cookies and knows its own. Without a kept secret, they are not valid after a restart."""

    def __init__(self, secret: str = "") -> None:
        self._secret = secret.encode() or secrets.token_bytes(32)

    def cookie(self, name: str) -> str:
        """Return the cookie that holds the name."""
        return f"{name}.{self._sign(name)}"

    def name(self, cookie: str | None) -> str | None:
        """Return the name that the cookie holds; None if it is not one of ours."""
        name, _, signature = (cookie or "").partition(".")
        return name if name and hmac.compare_digest(signature.encode(), self._sign(name).encode()) else None

    def _sign(self, name: str) -> str:
        return hmac.new(self._secret, name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def new_name() -> str:
    """Return a name that nobody can guess."""
    return secrets.token_urlsafe(16)
