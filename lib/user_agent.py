"""The name and version by which servers see this component."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def user_agent() -> str:
    """Return what the User-Agent header says."""
    try:
        return f"chatgpt-component/{version('chatgpt-component')}"
    except PackageNotFoundError:
        return "chatgpt-component/0"
