"""What a component may want to do around its messages (platform contract, 5.2): init, startup, shutdown.

Each is an optional function of the action's module. Unlike in Node they get a context, so that they can log, keep
connections and store fresh keys; there is no message, so nothing else can be emitted.

    init(cfg, ctx)              before the first message of each worker
    startup(cfg, ctx)           once for a flow, when it starts; what it returns is kept by the platform
    shutdown(cfg, started, ctx) once for a flow, when it stops; gets what startup returned
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from .context import Event, Keys, Partial
from .errors import Defect
from .log import COMPONENT
from .step import Invocation, Step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .context import Context

LOG = logging.getLogger(__name__)


class Hooks:
    """The hooks of a step's function. What a hook raises is raised; one that is missing does nothing."""

    def __init__(self, step: Step, store_keys: Callable[[Mapping[str, Any]], None]) -> None:
        self._step = step
        self._context: Context = step.context(Invocation(keys_only(store_keys), logging.getLogger(COMPONENT)))

    def init(self) -> None:
        self._call("init")

    def startup(self) -> Any:
        """Call `startup`; return what it returns, for `shutdown`."""
        return self._call("startup")

    def shutdown(self, started: Any) -> None:
        """Call `shutdown` with what `startup` returned."""
        self._call("shutdown", started)

    def _call(self, name: str, *args: Any) -> Any:
        hook = self._step.function.hook(name)
        if hook is None:
            LOG.debug("the component has no %s hook", name)
            return None
        return hook(self._step.cfg, *args, self._context)


def keys_only(store_keys: Callable[[Mapping[str, Any]], None]) -> Callable[[Event], None]:
    """Return what may be emitted where there is no message: fresh keys."""

    def emit(event: Event) -> None:
        if isinstance(event, Keys):
            store_keys(event.keys)
        elif not isinstance(event, Partial):
            raise Defect(f"There is no message here, so {type(event).__name__} cannot be emitted.")

    return emit
