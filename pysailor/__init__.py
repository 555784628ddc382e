"""The contract between a component and its runtime: everything that a component may import.

Each name is looked up when it is asked for: a command that prints its help, or its version, needs few of them.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import (
        CallReport,
        Context,
        Data,
        Emit,
        Event,
        HttpReply,
        Keep,
        Keys,
        Measure,
        Partial,
        Snapshot,
        SnapshotUpdate,
        Storage,
    )
    from .contract import (
        OPTIONAL_FUNCTIONS,
        Action,
        AddressFunction,
        CheckFunction,
        CheckResult,
        Command,
        CommandLine,
        Explanation,
        Findings,
        FunctionCommand,
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
        Stopped,
        StoreUnavailable,
    )
    from .journal.entry import JournalEntry
    from .journal.journal import Journal, OnUnknown
    from .masking import MASK, mask
    from .message import HttpRequest, Message
    from .metadata import Schema, pointer_to
    from .pool import SocketWaits, offload, socket_waits
    from .shell import environment, how_to_install, port
    from .store.base import Store
    from .store.open import open_store
    from .tls import named_certificates, names_proxy, tls_context
    from .values import frozen

    __version__: str
else:
    _MODULES = ("errors", "masking", "shell", "message", "context", "contract")
    _MODULES += ("values", "store.base", "store.open", "journal.journal", "metadata", "pool", "tls")

    def __getattr__(name: str) -> Any:
        """Find the name in the modules of the contract, the quickest to load first."""
        from importlib import import_module  # noqa: PLC0415 - see above

        if name == "__version__":
            return import_module(".version", __name__).installed_version()
        for module in _MODULES if name in __all__ else ():
            found = getattr(import_module(f".{module}", __name__), name, None)
            if found is not None:
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "MASK",
    "OPTIONAL_FUNCTIONS",
    "Action",
    "AddressFunction",
    "BrokenComponent",
    "CallReport",
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
    "FunctionCommand",
    "HttpReply",
    "HttpRequest",
    "InitFunction",
    "InvalidConfig",
    "InvalidCredentials",
    "InvalidInput",
    "InvalidOutput",
    "Journal",
    "JournalEntry",
    "Keep",
    "Keys",
    "Measure",
    "Message",
    "MetaModelFunction",
    "ModelFunction",
    "OnUnknown",
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
    "SocketWaits",
    "StartupFunction",
    "StepError",
    "Stopped",
    "Storage",
    "Store",
    "StoreUnavailable",
    "Trigger",
    "Verifier",
    "VerifyFunction",
    "__version__",
    "environment",
    "frozen",
    "how_to_install",
    "mask",
    "named_certificates",
    "names_proxy",
    "offload",
    "open_store",
    "pointer_to",
    "port",
    "socket_waits",
    "tls_context",
]
