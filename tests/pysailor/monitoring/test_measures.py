"""What a component measures becomes gauges, and what cannot be one harms nothing."""

from __future__ import annotations

from typing import Any

import pytest

from pysailor import Measure
from pysailor.monitoring.health import Health
from pysailor.monitoring.metrics import Metrics
from pysailor.monitoring.observer import Notes
from tests.support.monitoring import Scraped


def scrape(*measures: Measure) -> Scraped:
    notes = Notes()
    for measure in measures:
        notes.call(measure)
    return Scraped(Metrics(notes, Health(), 20, {"version": "1"}).render().decode())


def test_a_measure_is_a_gauge_that_has_the_value_told_last() -> None:
    found = scrape(*(Measure("money_left", left, {"of": "x"}) for left in (5, 4.5)), Measure("held", 2))
    assert found.value("pysailor_money_left", of="x") == 4.5
    assert found.value("pysailor_held") == 2


@pytest.mark.parametrize(
    "measure",
    [
        Measure("not a name", 1),
        Measure("left", 1, {"a b": "x"}),
        Measure("in_flight", 1),
        Measure("info", 1),
        Measure("call_cost", 1),
        Measure("", 1),
    ],
)
def test_what_cannot_be_a_metric_is_left_out(measure: Measure) -> None:
    assert scrape(measure, Measure("left", 3)).value("pysailor_left") in (3, 0)
    assert scrape(measure).value("pysailor_in_flight") == 0


def test_a_label_s_values_stay_few_and_a_name_keeps_its_labels() -> None:
    found = scrape(*(Measure("left", 1, {"of": str(number)}) for number in range(300)), Measure("left", 1, {"to": "x"}))
    assert len([each for each in found.samples if each.name == "pysailor_left"]) == 101


@pytest.mark.parametrize(("name", "value", "labels"), [("a", "1", {}), (1, 1, {}), ("a", 1, {"b": 1})])
def test_a_measure_of_other_types_is_the_component_s_mistake(name: Any, value: Any, labels: Any) -> None:
    with pytest.raises(TypeError):
        Measure(name, value, labels)
