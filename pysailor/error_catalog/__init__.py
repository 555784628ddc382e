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

__all__ = ("NO", "RUNTIME_ERRORS", "RUNTIME_FAMILIES", "YES", "RuntimeErrorSpec")

RUNTIME_FAMILIES: Mapping[str, tuple[RuntimeErrorSpec, ...]] = {
    "The command line": COMMAND,
    "Flows": FLOW,
    "Any step": STEP,
    "The platform": PLATFORM,
    "RabbitMQ, and messages on their way": QUEUE,
}
RUNTIME_ERRORS: Mapping[str, RuntimeErrorSpec] = {
    spec.code: spec for family in RUNTIME_FAMILIES.values() for spec in family
}
