"""Flow files: YAML in, values with their places out. Nothing here runs anything or loads a component."""

from .finding import FlowFinding, InvalidFlow
from .model import (
    OTHERWISE,
    ComponentReference,
    CredentialReference,
    Edge,
    FlowFile,
    FlowStep,
    FlowVariable,
    LocalSettings,
    RetryPolicy,
    TuneSettings,
)
from .position import Position
from .read import SCHEMA, parse_flow, read_flow
from .source import FlowExpression

__all__ = [
    "OTHERWISE",
    "SCHEMA",
    "ComponentReference",
    "CredentialReference",
    "Edge",
    "FlowExpression",
    "FlowFile",
    "FlowFinding",
    "FlowStep",
    "FlowVariable",
    "InvalidFlow",
    "LocalSettings",
    "Position",
    "RetryPolicy",
    "TuneSettings",
    "parse_flow",
    "read_flow",
]
