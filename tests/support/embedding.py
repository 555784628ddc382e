"""Embed as a step: one message in, the emitted message out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.offline.sandbox import KEY
from pysailor.context import Data
from pysailor.testing.steps import run_step

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox
    from pysailor.message import Message

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden" / "small-endpoints"


def golden(name: str) -> dict[str, Any]:
    document = json.loads((GOLDEN / name).read_text(encoding="utf-8"))
    assert isinstance(document, dict)
    return document


def embed(base_url: str, body: dict[str, Any], **cfg: Any) -> Message:
    settings = {"apiKey": KEY, "baseUrl": base_url, "dimensions": "8", **cfg}
    (event,) = run_step(ROOT, "embed", body, cfg=settings)
    assert isinstance(event, Data)
    return event.message


def embedded(sandbox: Sandbox, body: dict[str, Any], scenario: str = "", **cfg: Any) -> dict[str, Any]:
    """Return the emitted body."""
    address = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    emitted = embed(address, body, **cfg).body
    assert isinstance(emitted, dict)
    return emitted
