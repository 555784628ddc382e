"""`pysailor top` shows first what an operator must see, in the words of the alerts."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import yaml

from pysailor import CallReport, Measure
from pysailor.monitoring.health import Health
from pysailor.monitoring.labels import LabelValues
from pysailor.monitoring.metrics import Metrics
from pysailor.monitoring.observer import MessageReport, Notes
from pysailor.monitoring.reading import Look, read_text
from pysailor.monitoring.table import draw_line, draw_table

ALERTS = Path(__file__).parents[3] / "deploy/prometheus/alerts.yaml"
IDENTITY = {"version": "1", "function": "f", "step": "s", "flow": "f"}


def look(*notes_: MessageReport | CallReport | Measure) -> Look:
    notes = Notes()
    for number, note in enumerate(notes_):
        if isinstance(note, MessageReport):
            notes.begin(number)
            notes.end(number, note)
        else:
            notes.call(note)
    return read_text(Metrics(notes, Health(), 20, IDENTITY).render().decode())


BUDGET = [
    Measure(f"budget_{name}", value, {"budget": "support", "period": "day"})
    for name, value in (("left", 1.5), ("held", 0.25), ("limit", 20))
]


def test_a_worker_to_which_nothing_happened_shows_nothing_of_trouble() -> None:
    shown = draw_table(look(), None)
    assert "errors" not in shown
    assert "budgets" not in shown
    assert "quota" not in shown


def test_why_messages_failed_and_what_is_left_of_budgets_is_shown() -> None:
    found = look(MessageReport("failed", 1.0, "quota"), MessageReport("failed", 1.0, "bad_key"), *BUDGET)
    table = [line.split() for line in draw_table(found, None).splitlines()]
    assert ["quota", "1"] in table
    assert ["bad_key", "1"] in table
    assert ["support,", "a", "day", "1.5000", "0.2500", "20.0000"] in table
    assert " error[bad_key]=1 error[quota]=1 budget_left[support]=1.500000" in draw_line(found, None)


def test_an_open_breaker_is_told_in_the_words_of_its_alert() -> None:
    found = look(Measure("quota_breaker_open", 1, {"server": "api.openai.com:443"}))
    rules = [rule for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    (alert,) = (rule for rule in rules if rule["alert"] == "PysailorQuotaExhausted")
    sentence = alert["annotations"]["summary"].replace("{{ $labels.server }}", "api.openai.com:443").rstrip(".")
    assert sentence[0].lower() + sentence[1:] in draw_table(found, None)
    assert sentence[0].lower() + sentence[1:] in draw_line(found, None)
    assert "quota" not in draw_table(look(Measure("quota_breaker_open", 0, {"server": "api.openai.com:443"})), None)


def test_what_may_have_been_paid_twice_is_told() -> None:
    found = look(MessageReport("done", 1.0, redelivered=True, unknown_fates=2))
    assert "calls that may have been paid twice: 2" in draw_table(found, None)
    assert "messages that came a second time: 1" in draw_table(found, None)


def test_ten_thousand_hostile_names_are_a_hundred_harmless_ones() -> None:
    names = (f"evil\x1b]0;{number}\x07\u202e\n{'x' * 500}" for number in range(10_000))
    found = look(*(CallReport(name, "ok", 1.0, 1, {}, Decimal(1)) for name in names))
    targets = found.labels("pysailor_calls_total", "target")
    assert len(targets) == 101
    assert all(target.isprintable() and len(target) <= 120 for target in targets)
    assert found.sum("pysailor_calls_total") == 10_000


def test_a_name_in_any_script_stays_as_it_is() -> None:
    values = LabelValues()
    assert [values.limit(name) for name in ("modèle-ä", "模型", "gpt-4.1")] == ["modèle-ä", "模型", "gpt-4.1"]
