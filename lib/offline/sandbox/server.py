"""The life of the sandbox: a port, its connections, start and stop."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from .api import Api, Delays
from .http import SandboxListener

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .recorder import RecordedRequest

KEY = "sk-sandbox"
_POLL_SECONDS = 0.01  # closing takes as long


class Sandbox:
    """A sandbox that listens on `host` from its making on and answers between `start()` and `close()`.

    `port` 0 takes a free one. `keys` are the API keys that it takes, `models` further model ids. `slow_seconds` is how
    long a scenario waits, `packet_seconds` the pause between two packets of a stream, `idle_seconds` how long an idle
    connection is kept. Use it as a context manager.
    """

    def __init__(
        self,
        port: int = 0,
        keys: Sequence[str] = (KEY,),
        host: str = "127.0.0.1",
        *,
        models: Sequence[str] = (),
        slow_seconds: float = 5.0,
        packet_seconds: float = 0.0,
        idle_seconds: float = 300.0,
    ) -> None:
        """Bind the port; raise OSError if it is taken."""
        delays = Delays(slow_seconds, packet_seconds)
        api = Api(tuple(keys), tuple(models), delays, datetime.now(tz=UTC).date())
        self._listener = SandboxListener((host, port), api, idle_seconds)
        self._host = host
        self._is_open = KEY in keys
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._listener.server_port

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"http://{self._host}:{self.port}/v1"

    def base_url_of(self, scenario: str) -> str:
        """Return the base URL under which everything goes as the scenario says."""
        return f"http://{self._host}:{self.port}/scenarios/{scenario}/v1"

    @property
    def notice(self) -> str:
        """What to tell people at the start."""
        key = f" (key: {KEY})" if self._is_open else ""
        return (
            f"The sandbox answers at {self.base_url}{key}. It is a program that behaves like the API, "
            "not a model: what it says means nothing."
        )

    @property
    def requests(self) -> tuple[RecordedRequest, ...]:
        """The latest requests, the oldest first."""
        return self._listener.recorder.entries()

    def start(self) -> Self:
        """Answer from now on, in a thread of its own."""
        if self._thread is None:
            serve = self._listener.serve_forever
            self._thread = threading.Thread(target=serve, args=(_POLL_SECONDS,), name="sandbox", daemon=True)
            self._thread.start()
        return self

    def wait(self) -> None:
        """Stay until the sandbox is closed or the user interrupts; an interrupt closes it and is no error."""
        try:
            while self._thread is not None and self._thread.is_alive():
                self._thread.join(1.0)
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        """Stop answering, end all connections and free the port; a second time does nothing."""
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.hang_up()
        self._listener.server_close()
