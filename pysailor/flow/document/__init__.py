"""Flow files: YAML in, values with their places out. Nothing here runs anything or loads a component."""

from .finding import Finding, InvalidFlow
from .model import (
    OTHERWISE,
    ComponentReference,
    CredentialReference,
    Edge,
    FlowFile,
    FlowStep,
    Local,
    Retry,
    Tune,
    Variable,
)
from .place import Place
from .read import SCHEMA, parse_flow, read_flow
from .source import Expression

__all__ = [
    "OTHERWISE",
    "SCHEMA",
    "ComponentReference",
    "CredentialReference",
    "Edge",
    "Expression",
    "Finding",
    "FlowFile",
    "FlowStep",
    "InvalidFlow",
    "Local",
    "Place",
    "Retry",
    "Tune",
    "Variable",
    "parse_flow",
    "read_flow",
]
