"""What a worker does while something else goes on, and what it raises only when that is wanted."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NoReturn, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Made = TypeVar("Made")


class InBackground:
    """Does something on a thread of its own; `wait` raises what it raised."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._act = act
        self._error: Exception | None = None
        self._over = threading.Event()
        threading.Thread(target=self._run, name="pysailor-connect", daemon=True).start()

    def wait(self) -> None:
        """Return when it is done."""
        self._over.wait()
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        try:
            self._act()
        except Exception as error:  # noqa: BLE001 - the top of a thread: it is raised in the one that waits
            self._error = error
        finally:
            self._over.set()


def attempt(act: Callable[[], Made]) -> Callable[[], Made]:
    """Do something now; return what gives its result, or raises its error, when that is wanted."""
    try:
        made = act()
    except Exception as error:  # noqa: BLE001 - it is raised later
        failure = error

        def fail() -> NoReturn:
            raise failure

        return fail
    return lambda: made
