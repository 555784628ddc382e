"""What is wrong with a flow file, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pysailor.errors import SailorError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .position import Position


@dataclass(frozen=True, slots=True)
class FlowFinding:
    """One thing that was found: its place, the member it is about, and what to do.

    `path` names the member as a person would, `steps.judge.run`. An error keeps the flow from being run, a warning
    does not. `by_sample` says that only a sample shows it: other messages may be in order.
    """

    place: Position
    message: str
    path: str = ""
    severity: Literal["error", "warning"] = "error"
    by_sample: bool = False

    def __str__(self) -> str:
        """Return the line that a person reads."""
        mark = "warning: " if self.severity == "warning" else ""
        about = f"{self.path}: " if self.path else ""
        return f"{self.place}: {mark}{about}{self.message}"

    def to_json(self) -> dict[str, Any]:
        """Return the finding for programs."""
        place = self.place
        return {
            "file": place.file,
            "line": place.line,
            "column": place.column,
            "severity": self.severity,
            "path": self.path,
            "message": self.message,
        }


class InvalidFlow(SailorError):
    """The flow file cannot be used; `findings` say what is wrong, in the order of the file."""

    code = "invalid_flow"

    def __init__(self, findings: Iterable[FlowFinding]) -> None:
        self.findings = tuple(sorted(findings, key=lambda finding: (finding.place, finding.path)))
        super().__init__("\n".join(map(str, self.findings)))

    def to_json(self) -> dict[str, Any]:
        """Add the findings, one by one."""
        return {**super().to_json(), "findings": [finding.to_json() for finding in self.findings]}
