"""The cases that a flow file has under `tests`, read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from ..document import FlowFinding, InvalidFlow, Position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ..document import FlowFile

NOTHING: Final = "nothing"
"""Expected of a step that gets, or gives, no message."""
_MEMBERS: Final = ("name", "given", "answers", "fails", "expect", "gives", "errors")
_BY_STEP: Final = ("answers", "fails", "expect", "gives", "errors")


@dataclass(frozen=True, slots=True)
class FlowCase:
    """One case.

    `given` are the bodies in place of what the first step gives; None has it run. `answers` and `fails` are what steps
    give instead of being run. `expect` is what steps get, after their mappers, `gives` what they give, `errors` how
    they fail; each by step.
    """

    name: str
    place: Position
    number: int
    given: tuple[Any, ...] | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    fails: Mapping[str, Any] = field(default_factory=dict)
    expect: Mapping[str, Any] = field(default_factory=dict)
    gives: Mapping[str, Any] = field(default_factory=dict)
    errors: Mapping[str, Any] = field(default_factory=dict)


def read_cases(flow: FlowFile) -> list[FlowCase]:
    """Return the cases of a flow; raise InvalidFlow with all that is wrong in them, each with its place."""
    findings: list[FlowFinding] = []
    cases = [_read(flow, number, document, findings) for number, document in enumerate(flow.tests)]
    if findings:
        raise InvalidFlow(findings)
    return cases


def _read(flow: FlowFile, number: int, document: Mapping[str, Any], findings: list[FlowFinding]) -> FlowCase:
    path = ("tests", number)
    steps = [step.id for step in flow.all_steps]
    for name, member in document.items():
        here = (*path, name)
        if name not in _MEMBERS:
            findings.append(_finding(flow, here, f"is not known here; {_suggest(name, _MEMBERS)}"))
        elif name in _BY_STEP and not isinstance(member, Mapping):
            findings.append(_finding(flow, here, "takes a member for each step, by its id"))
        elif name in _BY_STEP:
            unknown = [step for step in member if step not in steps]
            findings += [
                _finding(flow, (*here, step), f"there is no such step; {_suggest(step, steps)}") for step in unknown
            ]
    if not any(document.get(name) for name in ("expect", "gives", "errors")):
        findings.append(_finding(flow, path, "expects nothing; write expect: {STEP: what it gets}, or nothing"))
    given = document.get("given")
    bodies = None if "given" not in document else tuple(given) if isinstance(given, list) else (given,)
    by_step = {name: document.get(name) or {} for name in _BY_STEP}
    name = str(document.get("name") or f"case {number + 1}")
    return FlowCase(name, flow.source.place(path), number, bodies, **by_step)


def _finding(flow: FlowFile, path: tuple[str | int, ...], message: str) -> FlowFinding:
    return FlowFinding(flow.source.place(path), message, ".".join(map(str, path)))


def _suggest(name: str, known: Iterable[str]) -> str:
    names = list(known)
    close = get_close_matches(name, names, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}There is: {', '.join(names)}"
