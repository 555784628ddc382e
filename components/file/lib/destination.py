"""Where a message's file goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import InvalidInput

from .text import find_below, make_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def find_destination(cfg: Mapping[str, Any], body: Mapping[str, Any]) -> Path:
    """Return the path: the message's, which must lie in the step's folder, else the step's own, which may lie anywhere.

    Raise InvalidInput if neither names one.
    """
    if body.get("path"):
        return find_below(cfg.get("folder", ""), body["path"], "/path")
    if cfg.get("path"):
        return make_path(cfg["path"], "/path").absolute()
    raise InvalidInput("is missing; map it, or fill in the field Path", pointer="/path")
