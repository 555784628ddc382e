"""The dashboard, the alert rules and the run book speak of metrics that a worker has, and of each other."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from pysailor import CallReport, Measure
from pysailor.monitoring.health import Health
from pysailor.monitoring.metrics import Metrics
from pysailor.monitoring.observer import MessageReport, Notes
from tests.support.monitoring import Scraped

ROOT = Path(__file__).parents[2]
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text())
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yaml").read_text())["groups"]
    for rule in group["rules"]
]
BOOK = (ROOT / "docs/operations.md").read_text()
_METRIC = re.compile(r"\b(?:pysailor|process)_\w+")
_GROUPED = re.compile(r"\b(?:by|on|group_left) \(([^)]*)\)")
_SELECTED = re.compile(r"\{([^}]*)\}")
MEASURED = ("budget_left", "budget_held", "budget_limit")
"""By the component's steps: see lib/budgets."""
OF_PROMETHEUS = {"instance", "job"}


@pytest.fixture(scope="module")
def scraped() -> Scraped:
    """Return the metrics of a worker to which everything has happened."""
    notes = Notes()
    notes.begin(1)
    notes.end(1, MessageReport("failed", 1.0, "quota", redelivered=True))
    notes.call(CallReport("m", "ok", 1.0, 1, {"input_tokens": 1}, Decimal(1)))
    notes.call(CallReport("m", "ok", 1.0))
    for name in MEASURED:
        notes.call(Measure(name, 1, {"budget": "b", "period": "day"}))
    notes.call(Measure("quota_breaker_open", 1, {"server": "s"}))
    identity = {"version": "1", "function": "f", "step": "s", "flow": "f"}
    return Scraped(Metrics(notes, Health(), 20, identity).render().decode())


def expressions() -> dict[str, str]:
    found = {rule["alert"]: str(rule["expr"]) for rule in RULES}
    for panel in DASHBOARD["panels"]:
        for target in panel["targets"]:
            found[f"{panel['title']}, {target['refId']}"] = target["expr"]
    return found


@pytest.mark.parametrize("name", expressions())
def test_an_expression_names_metrics_and_labels_that_a_worker_has(name: str, scraped: Scraped) -> None:
    expression = expressions()[name]
    named = set(_METRIC.findall(expression))
    assert named
    assert named <= scraped.names
    labels = {label for sample in scraped.samples for label in sample.labels} | OF_PROMETHEUS
    grouped = {each.strip() for found in _GROUPED.findall(expression) for each in found.split(",")}
    selected = {
        re.split(r"[=!~]", each)[0].strip() for found in _SELECTED.findall(expression) for each in found.split(",")
    }
    assert grouped | selected <= labels
    assert all(expression.count(left) == expression.count(right) for left, right in ("()", "[]", "{}"))


def test_every_metric_of_ours_stands_in_the_run_book_and_the_other_way_round(scraped: Scraped) -> None:
    ours = {re.sub(r"_(bucket|count|sum)$", "", name) for name in scraped.names if name.startswith("pysailor_")}
    assert set(re.findall(r"`(pysailor_\w+)`", BOOK)) == ours


def test_every_alert_has_its_page_in_the_run_book(scraped: Scraped) -> None:
    headings = re.findall(r"^### (\w+)$", BOOK, re.MULTILINE)
    assert headings == [rule["alert"] for rule in RULES]
    for rule in RULES:
        assert rule["annotations"]["runbook"] == f"docs/operations.md#{rule['alert'].lower()}"
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert re.fullmatch(r"\d+[mh]", rule["for"])
        assert rule["annotations"]["summary"].count("{{") == rule["annotations"]["summary"].count("}}")


def test_the_dashboard_is_whole() -> None:
    panels: list[dict[str, Any]] = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels}
    assert len(places) == len(panels)
    variables = {f"${variable['name']}" for variable in DASHBOARD["templating"]["list"]} | {"$__rate_interval"}
    for panel in panels:
        for target in panel["targets"]:
            assert set(re.findall(r"\$\w+", target["expr"])) <= variables


def test_probes_ask_for_what_a_worker_answers() -> None:
    documents = list(yaml.safe_load_all((ROOT / "deploy/kubernetes/worker.yaml").read_text()))
    template = documents[0]["spec"]["template"]
    (container,) = template["spec"]["containers"]
    (port,) = container["ports"]
    environment = {each["name"]: each.get("value") for each in container["env"]}
    assert environment["PYSAILOR_METRICS_PORT"] == str(port["containerPort"])
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(port["containerPort"])
    assert environment["PYSAILOR_METRICS_HOST"] == "0.0.0.0"  # noqa: S104 - as it must be in a container
    asked = {name: container[name]["httpGet"] for name in ("livenessProbe", "readinessProbe")}
    assert asked == {
        "livenessProbe": {"path": "/healthz", "port": port["name"]},
        "readinessProbe": {"path": "/readyz", "port": port["name"]},
    }
    compose = yaml.safe_load((ROOT / "deploy/compose.yaml").read_text())["services"]["worker"]
    assert compose["environment"]["PYSAILOR_HEARTBEAT_FILE"] in compose["healthcheck"]["test"][1]
