"""The visitor's random name, in a cookie that only this server can make. Pure, but for the randomness."""

from __future__ import annotations

import hashlib
import hmac
import secrets

COOKIE = "chat_session"


class Badges:
    """Makes cookies and knows its own. Without a secret that is kept, they are worth nothing after a restart."""

    def __init__(self, secret: str = "") -> None:
        """Have a secret."""
        self._secret = secret.encode() or secrets.token_bytes(32)

    def cookie(self, name: str) -> str:
        """Give the cookie that holds the name."""
        return f"{name}.{self._seal(name)}"

    def name(self, cookie: str | None) -> str | None:
        """Give the name that the cookie holds; None if it is not one of ours."""
        name, _, seal = (cookie or "").partition(".")
        return name if name and hmac.compare_digest(seal.encode(), self._seal(name).encode()) else None

    def _seal(self, name: str) -> str:
        return hmac.new(self._secret, name.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def new_name() -> str:
    """Give a name that nobody can guess."""
    return secrets.token_urlsafe(16)
