"""What encrypts the messages of a flow, and lets its steps ask for their settings."""

from __future__ import annotations

import json
import os
from secrets import token_hex
from typing import TYPE_CHECKING, Final

from pysailor.whole_file import OWNER, make_whole

from ..run.errors import FlowStopped

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "secrets.json"
_NAMES: Final = ("ELASTICIO_API_KEY", "ELASTICIO_MESSAGE_CRYPTO_IV", "ELASTICIO_MESSAGE_CRYPTO_PASSWORD")


def read_secrets(folder: Path) -> tuple[str, str, str]:
    """Return the API's key, the initialisation vector and the password: of the environment, else the folder's own.

    They are kept in the folder, for the one who owns it, so that the next start reads what this one has left. Raise
    FlowStopped where what is kept cannot be read.
    """
    file = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            make_whole(file, json.dumps({name: token_hex(8) for name in _NAMES}).encode(), OWNER)
    except OSError as error:
        raise FlowStopped(
            f"nothing can be written in {folder}: {error.strerror}; nothing was started. Name another folder with "
            "--folder DIR"
        ) from error
    given = {name: value for name in _NAMES if (value := os.environ.get(name))}
    kept = given if len(given) == len(_NAMES) else {**_read(file), **given}
    key, iv, password = (kept[name] for name in _NAMES)
    return key, iv, password


def _read(file: Path) -> dict[str, str]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        kept = {name: document[name] for name in _NAMES}
    except (OSError, ValueError, TypeError, LookupError):
        kept = {}
    if not (kept and all(isinstance(value, str) and value for value in kept.values())):
        raise FlowStopped(
            f"{file} cannot be read. It holds the password of the messages that earlier starts left in the queues: "
            f"put a copy of it back, or set {', '.join(_NAMES[:-1])} and {_NAMES[-1]}. Where nothing waits in the "
            "queues, remove it; new ones are made"
        )
    return kept
