"""An error's name, as a step shows it, is the one that its catalogue entry has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysailor.component.component import Component
from pysailor.errors import Defect, SailorError
from pysailor.explain import explanations
from tests.support.command_line import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator


def subclasses(kind: type[SailorError]) -> Iterator[type[SailorError]]:
    for each in kind.__subclasses__():
        yield each
        yield from subclasses(each)


def test_every_error_that_is_raised_by_its_class_is_known_by_that_name() -> None:
    component = Component.find(ROOT)
    known = {(each.code, each.name) for each in explanations(component)}
    raised = {each for each in subclasses(SailorError) if "code" in vars(each) and each is not Defect}
    ours = {each for each in raised if component.owns(each) or each.__module__.startswith("pysailor.")}
    assert sorted((each.code, each.__name__) for each in ours if (each.code, each.__name__) not in known) == []
