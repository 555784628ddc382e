"""Prometheus' own tool, fed with what a worker's port said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.monitoring import Scraped

RULES = Path(__file__).parents[2] / "deploy/prometheus/alerts.yaml"
HOURS = 3
"""How long a state lasts in these tests: longer than every alert waits."""
_MINUTES = 60 * HOURS
_GROWING = ("_total", "_bucket", "_count", "_sum")


INSTALL = Path(__file__).parents[2] / "tools" / "install-promtool"


def find_promtool() -> str | None:
    """Return where it is: in the environment (tools/install-promtool), or on the PATH."""
    return shutil.which("promtool", path=str(Path(sys.executable).parent)) or shutil.which("promtool")


def need_promtool() -> None:
    """Put it into the environment in CI, where its absence is a failure; elsewhere skip, with the command."""
    if find_promtool() is not None:
        return
    if os.environ.get("CI") != "true":
        pytest.skip(f"promtool is not installed; {INSTALL.name} brings it")
    done = subprocess.run([INSTALL, sys.prefix], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.fail(f"{INSTALL.name} could not bring promtool:\n{done.stderr[-2000:]}")


def series_of(scraped: Scraped) -> list[dict[str, str]]:
    """Return the samples of one scrape as series: a gauge stays, a counter grows by its value each minute."""
    return [
        {
            "series": sample.name + _selector({**sample.labels, "instance": "worker:9100", "job": "pysailor"}),
            "values": _values(sample),
        }
        for sample in scraped.samples
    ]


def run_rules(place: Path, scraped: Scraped, expected: Mapping[str, Mapping[str, float]]) -> str:
    """Return what promtool says of a file of rules after hours in which the samples were so, "" if all is as expected.

    `expected` maps an expression to what it yields at the end: selectors of labels, each with its value.
    """
    asked = [
        {
            "expr": expression,
            "eval_time": f"{HOURS}h",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
        }
        for expression, samples in expected.items()
    ]
    document = {
        "rule_files": [str(RULES)],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", "input_series": series_of(scraped), "promql_expr_test": asked}],
    }
    file = place / "rules.test.yaml"
    file.write_text(yaml.safe_dump(document))
    return _run("test", "rules", str(file))


def check_rules() -> str:
    """Return what promtool finds wrong with the file of rules, "" for nothing."""
    return _run("check", "rules", str(RULES))


def _run(*words: str) -> str:
    promtool = find_promtool()
    assert promtool is not None
    done = subprocess.run([promtool, *words], capture_output=True, text=True, check=False, timeout=60)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _values(sample: Any) -> str:
    if sample.name.endswith(_GROWING):
        return f"0+{sample.value:g}x{_MINUTES}"
    return f"{sample.value:g}x{_MINUTES}"


def _selector(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
