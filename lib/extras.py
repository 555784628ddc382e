"""How to install what is optional."""

from __future__ import annotations

from pathlib import Path

_ROOT = Path(__file__).parents[1]


def how_to_install(extra: str) -> str:
    """Return the command that installs an extra of this component.

    From the checkout, or from the wheel that the component came in: no index is named, where the same name may be
    somebody else's.
    """
    if (_ROOT / "pyproject.toml").is_file():
        return f"pip install -e '{_ROOT}[{extra}]'"
    return f"pip install 'FILE.whl[{extra}]', with the component's wheel for FILE.whl"
