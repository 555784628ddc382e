"""What answers where there is no key: told without loading it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from .titles import EMBEDDED_MODEL, SANDBOX


@dataclass(frozen=True, slots=True)
class OfflineServer:
    """A server that can be started; its code is loaded when it is."""

    kind: str
    title: str
    help: str
    only: str = ""
    """What it is limited to, where it does not answer all steps."""

    def unavailable(self) -> str | None:
        """Return why it cannot be used, None if it can be tried."""
        reason: str | None = self._class().unavailable()
        return reason

    def __call__(self, port: int = 0) -> Any:
        """Return a new one; raise OSError if the port is taken."""
        return self._class()(port)

    def _class(self) -> Any:
        return getattr(import_module(".local", __package__), self.kind)


SERVERS = {
    "local": OfflineServer(
        "LocalModel", EMBEDDED_MODEL, "run the embedded model: real, very small, without a key", only="chat"
    ),
    "sandbox": OfflineServer(
        "LocalSandbox",
        SANDBOX,
        "run the sandbox: it behaves like the service, errors and all, and is not a model; "
        "what it is given (files, batches, responses) is kept until it ends",
    ),
}
