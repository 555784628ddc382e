"""The contract between a component and its runtime: everything that a component may import."""

from .context import Context, Keep
from .errors import Fault, InvalidConfig, InvalidCredentials, InvalidInput, InvalidOutput, Rebound, StepError
from .message import HttpRequest, Message
from .metadata import Schema, pointer_to

__all__ = [
    "Context",
    "Fault",
    "HttpRequest",
    "InvalidConfig",
    "InvalidCredentials",
    "InvalidInput",
    "InvalidOutput",
    "Keep",
    "Message",
    "Rebound",
    "Schema",
    "StepError",
    "pointer_to",
]
