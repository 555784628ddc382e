"""The alert rules and the dashboard run in Prometheus' own engine, on what a worker's port says."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from pysailor import CallReport, Measure
from pysailor.monitoring.health import Health
from pysailor.monitoring.metrics import Metrics
from pysailor.monitoring.observer import MessageReport, Notes
from pysailor.transport.base import TransportState
from tests.support.monitoring import Scraped
from tests.support.promtool import RULES, check_rules, need_promtool, run_rules

DASHBOARD = json.loads((Path(__file__).parents[2] / "deploy/grafana/dashboard.json").read_text())
ALERTS = {rule["alert"] for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]}
FIRING = 'count by (alertname) (ALERTS{alertstate="firing"})'
IDENTITY = {"version": "1", "function": "f", "step": "s", "flow": "f"}


@pytest.fixture(scope="module", autouse=True)
def promtool() -> None:
    need_promtool()


class StandingClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class LongInWork(Notes):
    """Notes of a worker whose oldest message is an hour old."""

    oldest_seconds = 3600.0


class Connected:
    """A transport that consumes."""

    def probe(self, tell: object) -> None:
        assert callable(tell)
        tell(TransportState(reading=True, writing=True, consuming=True))


def measure_budget(notes: Notes, left: float) -> None:
    for name, value in (("left", left), ("held", 0.5), ("limit", 20.0)):
        notes.call(Measure(f"budget_{name}", value, {"budget": "support", "period": "day"}))


@pytest.fixture(scope="module")
def well() -> Scraped:
    """Return what a worker says that does its work."""
    notes, health = Notes(), Health()
    health.attach(Connected())  # type: ignore[arg-type]
    health.probe()
    for number in range(100):
        notes.begin(number)
        notes.end(number, MessageReport("done", 1.0))
        notes.call(CallReport("m", "ok", 1.0, 1, {"input_tokens": 1}, Decimal("0.001")))
    measure_budget(notes, left=15.0)
    notes.call(Measure("quota_breaker_open", 0, {"server": "api.openai.com"}))
    return Scraped(Metrics(notes, health, 20, IDENTITY).render().decode())


@pytest.fixture(scope="module")
def ill() -> Scraped:
    """Return what a worker says to which everything happens that an alert is for."""
    notes, clock = LongInWork(), StandingClock()
    health = Health(clock)
    health.attach(Connected())  # type: ignore[arg-type]
    health.state = TransportState(blocked=True)
    clock.now = 60.0
    for number in range(10):
        notes.begin(number)
        notes.end(number, MessageReport("failed" if number % 2 else "rebound", 1.0, "quota", True, 1, 1, 2, 1))
        notes.call(CallReport("m", "quota", 1.0, 3))
        notes.call(CallReport("m", "ok", 1.0, 2, {}, Decimal(5)))
        notes.call(CallReport("unknown", "ok", 1.0))
    measure_budget(notes, left=1.0)
    notes.call(Measure("quota_breaker_open", 1, {"server": "api.openai.com"}))
    notes.begin(11)
    return Scraped(Metrics(notes, health, 1, IDENTITY).render().decode())


def test_prometheus_takes_the_rules() -> None:
    assert check_rules() == ""


def test_no_alert_fires_while_all_is_well(well: Scraped, tmp_path: Path) -> None:
    assert run_rules(tmp_path, well, {FIRING: {}}) == ""


def test_each_alert_fires_for_what_it_is_made_for(ill: Scraped, tmp_path: Path) -> None:
    expected = {f'{{alertname="{name}"}}': 1.0 for name in ALERTS}
    assert run_rules(tmp_path, ill, {FIRING: expected}) == ""


def test_each_panel_of_the_dashboard_shows_something(well: Scraped, tmp_path: Path) -> None:
    asked = [target["expr"] for panel in DASHBOARD["panels"] for target in panel["targets"]]
    given = [each.replace("$__rate_interval", "5m").replace("$step", ".*") for each in asked]
    happened = [each for each in given if "errors_total" not in each and "unpriced" not in each]
    assert len(happened) >= len(given) - 2
    assert run_rules(tmp_path, well, {f"count({each}) > bool 0": {"{}": 1.0} for each in happened}) == ""
