"""What became of a case, for people and for the programs that gather test results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .model import FlowCase


@dataclass(frozen=True, slots=True)
class CaseResult:
    """A case that was run; `differences` are lines for a person, none if all was as expected."""

    case: FlowCase
    seconds: float
    differences: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether all was as expected."""
        return not self.differences


def write_junit(results: Sequence[CaseResult], suite: str) -> str:
    """Return the results as JUnit's XML."""
    root = ET.Element("testsuite", name=suite, tests=str(len(results)), errors="0", skipped="0")
    root.set("failures", str(sum(not result.passed for result in results)))
    root.set("time", f"{sum(result.seconds for result in results):.3f}")
    for result in results:
        place = result.case.place
        case = ET.SubElement(root, "testcase", name=_clean(result.case.name), classname=_clean(suite))
        case.set("time", f"{result.seconds:.3f}")
        case.set("file", place.file)
        case.set("line", str(place.line))
        if not result.passed:
            failure = ET.SubElement(case, "failure", message=_clean(result.differences[0]))
            failure.text = _clean("\n".join(result.differences))
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _clean(text: str) -> str:
    """Return a text without the characters that XML cannot have."""
    return "".join(sign if sign in "\t\n" or sign.isprintable() else "�" for sign in text)
