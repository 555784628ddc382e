"""A flow's own tests: what is given, what steps answer, and what is expected to arrive where."""

from .model import FlowCase, read_cases
from .report import CaseResult, write_junit
from .runner import CaseRunner

__all__ = ["CaseResult", "CaseRunner", "FlowCase", "read_cases", "write_junit"]
