"""A worker tells a collector of its messages, in the trace that they came with, and none of what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.broker import eventually
from tests.support.collector import Collector, attributes_of

if TYPE_CHECKING:
    from tests.support.stage import Stage, StartedWorker

pytest.importorskip("opentelemetry.sdk")


def start(stage: Stage, **told: str) -> StartedWorker:
    """Start a worker with variables that are not the platform's."""
    return stage.start({**stage.env(), "no_proxy": "127.0.0.1", **told})


def test_a_flow_is_one_trace(stage: Stage) -> None:
    with Collector() as collector:
        with start(stage, OTEL_EXPORTER_OTLP_ENDPOINT=collector.url):
            stage.put({"body": {"said": "a secret word"}})
            first = stage.one()
            along = {name: value for name, value in first.headers.items() if name.startswith("x-eio-meta-")}
            stage.put({"body": {}}, {"messageId": "second", **along})
            stage.one()
        spans = sorted(collector.spans(), key=lambda span: int(span.start_time_unix_nano))
    assert [attributes_of(span)["pysailor.outcome"] for span in spans] == ["done", "done"]
    assert spans[0].trace_id == spans[1].trace_id
    assert spans[1].parent_span_id == spans[0].span_id
    assert b"secret" not in collector.content


def test_a_worker_whose_collector_is_away_does_its_work_and_says_so_once(stage: Stage) -> None:
    away = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with start(stage, **away, OTEL_EXPORTER_OTLP_TIMEOUT="1") as worker:
        for _ in range(5):
            stage.put({"body": {}})
        assert len(stage.take(count=5)) == 5
        eventually(lambda: worker.said("collector does not take the traces"))
    assert len(worker.said("collector does not take the traces")) == 1
    assert not worker.said("Transient error")
