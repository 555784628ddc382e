"""A flow checked without running it: everything that is certain to fail, and what looks as if it was not meant."""

from .checker import FlowReport, SettingsOf, check_flow
from .estimate import Estimate

__all__ = ["Estimate", "FlowReport", "SettingsOf", "check_flow"]
