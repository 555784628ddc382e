"""Which pool a worker gets: what PYSAILOR_POOL asks for, if the step declares that it may run there.

It is chosen twice, the same both times: at the very beginning of the process, before anything is imported that waits,
and again where there is a log to tell why.
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import pool
from ..component.code import locate
from ..errors import SailorError
from ..shell import how_to_install
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_CHECKOUT = Path(__file__).parents[2]


@frozen
class PoolChoice:
    """The pool's name, and a sentence: why it is not the one that was asked for, or why the worker cannot begin."""

    name: str = "threads"
    warning: str = ""
    refusal: str = ""


def choose(environ: Mapping[str, str], directory: str | Path | None = None) -> PoolChoice:
    """Return the pool for the step that the environment names. What else is wrong with that is told elsewhere."""
    if environ.get("PYSAILOR_POOL", "").strip().lower() != "greenlets":
        return PoolChoice("threads")
    if importlib.util.find_spec("gevent") is None:
        return PoolChoice(
            "threads",
            refusal=f"PYSAILOR_POOL is greenlets, which needs gevent: {how_to_install('greenlets', _CHECKOUT)}; "
            "or leave it unset, for threads",
        )
    function = environ.get("ELASTICIO_FUNCTION", "")
    if _is_cooperative(_document(environ.get("ELASTICIO_COMPONENT_PATH", ""), directory), function):
        return PoolChoice("greenlets")
    return PoolChoice(
        "threads",
        warning=f"PYSAILOR_POOL is greenlets, but component.json does not declare {function} to be cooperative: it "
        "runs on threads. If all that it waits for lets others run (docs/writing-a-step.md), declare "
        '"cooperative": true',
    )


def begin(environ: Mapping[str, str], directory: str | Path | None = None) -> None:
    """Begin the process with its pool."""
    pool.begin(choose(environ, directory).name)


def _document(path: str, directory: str | Path | None) -> Any:
    """Return component.json as it stands; None if it cannot be had, which the worker will say."""
    named = Path(directory) if directory else Path.cwd() / path.lstrip("/") if path else None
    try:
        return json.loads((locate(named) / "component.json").read_text(encoding="utf-8"))
    except (SailorError, OSError, ValueError):
        return None


def _is_cooperative(document: Any, function: str) -> bool:
    """Return whether it says so; a name that is both means the trigger."""
    for kind in ("triggers", "actions"):
        declared = document.get(kind) if isinstance(document, dict) else None
        if isinstance(declared, dict) and function in declared:
            found = declared[function]
            return isinstance(found, dict) and found.get("cooperative") is True
    return False
