"""An action with hooks. What they do is written, line by line, into the file that cfg names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidConfig, Message

if TYPE_CHECKING:
    from collections.abc import Mapping


def init(cfg: Mapping[str, Any], ctx: Context) -> None:
    """Make ready, or fail if the settings say so."""
    _write(cfg, "init")
    ctx.logger.info("ready")
    if cfg.get("failsAt") == "init":
        raise InvalidConfig("the cellar is flooded", pointer="/cellar")


def startup(cfg: Mapping[str, Any], ctx: Context) -> Any:
    """Begin what lasts as long as the flow."""
    _write(cfg, "startup")
    return cfg.get("started")


def shutdown(cfg: Mapping[str, Any], started: Any, ctx: Context) -> None:
    """End it, or fail if the settings say so."""
    _write(cfg, "shutdown", started)
    if cfg.get("failsAt") == "shutdown":
        raise RuntimeError("it does not end")


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return the word."""
    _write(cfg, "process")
    return Message(body=msg.body)


def get_meta_model(cfg: Mapping[str, Any], ctx: Context) -> Mapping[str, Any]:
    """Return schemas that depend on the settings."""
    if cfg.get("failsAt") == "meta":
        raise InvalidConfig("there is no such table", pointer="/table")
    return {"in": {"type": "object", "properties": {}}, "out": {"title": cfg.get("table", "")}}


def _write(cfg: Mapping[str, Any], *words: Any) -> None:
    with Path(cfg["diary"]).open("a", encoding="utf-8") as diary:
        diary.write(json.dumps(words) + "\n")
