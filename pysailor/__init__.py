"""The contract between a component and its runtime: everything that a component may import."""

from typing import TYPE_CHECKING, Any

from .context import (
    Context,
    Data,
    Emit,
    Event,
    HttpReply,
    Keep,
    Keys,
    Partial,
    Snapshot,
    SnapshotUpdate,
    Storage,
)
from .contract import (
    OPTIONAL_FUNCTIONS,
    Action,
    CheckFunction,
    CheckResult,
    Command,
    CommandLine,
    Explanation,
    Findings,
    InitFunction,
    MetaModelFunction,
    ModelFunction,
    PreviewFunction,
    ProcessFunction,
    Server,
    ShutdownFunction,
    StartupFunction,
    Trigger,
    Verifier,
    VerifyFunction,
)
from .errors import (
    BrokenComponent,
    Defect,
    Fault,
    InvalidConfig,
    InvalidCredentials,
    InvalidInput,
    InvalidOutput,
    Rebound,
    SailorError,
    StepError,
)
from .message import HttpRequest, Message
from .metadata import Schema, pointer_to

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> Any:
        """Look the version up when it is asked for: a worker need not know it."""
        if name == "__version__":
            from .version import installed_version  # noqa: PLC0415 - see above

            return installed_version()
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "OPTIONAL_FUNCTIONS",
    "Action",
    "BrokenComponent",
    "CheckFunction",
    "CheckResult",
    "Command",
    "CommandLine",
    "Context",
    "Data",
    "Defect",
    "Emit",
    "Event",
    "Explanation",
    "Fault",
    "Findings",
    "HttpReply",
    "HttpRequest",
    "InitFunction",
    "InvalidConfig",
    "InvalidCredentials",
    "InvalidInput",
    "InvalidOutput",
    "Keep",
    "Keys",
    "Message",
    "MetaModelFunction",
    "ModelFunction",
    "Partial",
    "PreviewFunction",
    "ProcessFunction",
    "Rebound",
    "SailorError",
    "Schema",
    "Server",
    "ShutdownFunction",
    "Snapshot",
    "SnapshotUpdate",
    "StartupFunction",
    "StepError",
    "Storage",
    "Trigger",
    "Verifier",
    "VerifyFunction",
    "__version__",
    "pointer_to",
]
