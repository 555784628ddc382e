"""A flow checked without running it: everything that is certain to fail, and what looks as if it was not meant."""

from .checker import FlowReport, SettingsOf, check_flow
from .estimate import CostEstimate

__all__ = ["CostEstimate", "FlowReport", "SettingsOf", "check_flow"]
