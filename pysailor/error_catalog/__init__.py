"""Every way to fail that the runtime knows, by its code: one module for each family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .command import COMMAND
from .flow import FLOW
from .platform import PLATFORM
from .queue import QUEUE
from .spec import NO, YES, RuntimeErrorSpec
from .step import STEP

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("NO", "RUNTIME_ERRORS", "YES", "RuntimeErrorSpec")

RUNTIME_ERRORS: Mapping[str, RuntimeErrorSpec] = {
    spec.code: spec for spec in (*COMMAND, *FLOW, *STEP, *PLATFORM, *QUEUE)
}
