"""What a step's settings say: where to ask, limits, budget, repairs, and which answers are errors."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidConfig, frozen

from .call_settings import CallSettings, collect
from .completions.answer import Outcome

if TYPE_CHECKING:
    from pysailor import Context

_MOST_REPAIRS = 3
_SETTING = {
    Outcome.TRUNCATED: "onTruncated",
    Outcome.FILTERED: "onRefusal",
    Outcome.REFUSED: "onRefusal",
    Outcome.EMPTY: "onRefusal",
}


@frozen
class StepSettings(CallSettings):
    """What a step asks for, before it looks at a message. `fails_on` names the outcomes that are errors.

    `api` is the endpoint to ask: auto, chat or responses.
    """

    model: str | None = None
    strict: bool = False
    repairs: int = 0
    fails_on: frozenset[Outcome] = frozenset()
    fails_on_mismatch: bool = False
    api: str = "auto"

    @classmethod
    def of(cls, cfg: Mapping[str, Any]) -> StepSettings:
        """Read them from cfg; raise InvalidConfig with everything that is wrong."""
        faults: list[Fault] = []
        call = collect(faults, CallSettings.of, cfg)
        repairs = collect(faults, _repairs, cfg)
        if call is None or faults:
            raise InvalidConfig(faults=faults)
        return cls(
            connection=call.connection,
            limits=call.limits,
            max_cost=call.max_cost,
            budget=call.budget,
            model=cfg.get("model"),
            strict=cfg.get("strict", False),
            repairs=repairs or 0,
            fails_on=frozenset(outcome for outcome, name in _SETTING.items() if cfg.get(name) == "fail"),
            fails_on_mismatch=cfg.get("onMisfit") == "fail",
            api=cfg.get("api") or "auto",
            on_unknown_fate=call.on_unknown_fate,
        )


def step_settings(cfg: Mapping[str, Any], ctx: Context) -> StepSettings:
    """Return what cfg says; that of a step, which stays the same object, is read once. Raise InvalidConfig."""
    return ctx.keep(StepSettings.of, cfg) if isinstance(cfg, Hashable) else StepSettings.of(cfg)


def _repairs(cfg: Mapping[str, Any]) -> int:
    repairs = cfg["repairs"]
    if repairs not in range(_MOST_REPAIRS + 1):
        raise InvalidConfig(f"found {repairs:g}, allowed: a whole number from 0 to {_MOST_REPAIRS}", pointer="/repairs")
    if repairs and cfg.get("emitPieces"):
        raise InvalidConfig("pieces that went out cannot be repaired; choose one of both", pointer="/repairs")
    return int(repairs)
