"""The credential of a component that has no service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidCredentials

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANSWERS: dict[str, Any] = {
    "no": False,
    "none": None,
    "because": {"verified": False, "because": "of the moon"},
}


def verify(cfg: Mapping[str, Any], ctx: Context) -> Any:
    """Accept one word."""
    password = cfg["password"]
    if password == "crash":
        return 1 / 0
    if password == "leave":
        raise SystemExit(3)
    if password == "hang":
        return ctx.keep(_Never).wait()
    if password not in ("open sesame", *_ANSWERS):
        raise InvalidCredentials("That is not the word.")
    return _ANSWERS.get(password)


class _Never:
    def wait(self) -> None:
        """Wait for what does not come."""
        import threading  # noqa: PLC0415 - as little as possible where nobody hangs

        threading.Event().wait()
