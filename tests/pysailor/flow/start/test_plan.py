"""What a flow becomes on RabbitMQ, and what starts it elsewhere, without a broker."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from pysailor.flow.document import parse_flow
from pysailor.flow.start import FlowPlan, make_plan, print_manifests
from pysailor.flow.start.environment import Access, step_environment, tell_apart
from pysailor.flow.start.topology import bindings, keeps_long_messages
from pysailor.platform.settings import WorkerSettings

if TYPE_CHECKING:
    from pathlib import Path

FLOW = """\
flow: 1
name: Triage of tickets
components:
  message: {builtin: message}
  router: {builtin: router}
  file: {builtin: file}
steps:
  tickets: {run: "message:fixed", fields: {message: {no: 1}}}
  sort: {run: "router:route", after: tickets}
  bill:
    run: file:append
    after: {sort: no = 1}
    map: {line: $}
    set: {path: a.jsonl}
    tune: {prefetch: 7, replicas: 2}
    local: {timeout: 90s}
  rest: {run: "router:route", after: {sort: otherwise}}
  copy: {run: "router:route", after: tickets}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "triage.yaml"
    path.write_text(FLOW)
    return path


@pytest.fixture
def plan(file: Path) -> FlowPlan:
    return make_plan(parse_flow(FLOW, str(file)), FLOW, {})


def test_each_stage_stands_behind_those_that_feed_it(plan: FlowPlan) -> None:
    assert [stage.id for stage in plan.stages] == [
        "tickets", "sort", "router:sort", "copy", "mapper:sort:bill", "bill", "rest",
    ]  # fmt: skip
    given: set[str] = set()
    for stage in plan.stages:
        assert all(any(source.startswith(known) for known in given) for source in stage.sources), stage.id
        given |= {plan.key(stage.id, "message"), plan.key(stage.id, "to.")}


def test_both_steps_behind_the_first_get_a_copy(plan: FlowPlan) -> None:
    key = plan.key("tickets", "message")
    assert {queue for queue, bound in bindings(plan) if bound == key} == {
        plan.queue(stage) for stage in plan.stages if stage.id in ("sort", "copy")
    }


def test_what_leads_nowhere_is_output(plan: FlowPlan) -> None:
    assert set(plan.outputs) == {plan.key(step, "message") for step in ("bill", "rest", "copy")}


def test_the_environment_of_a_step_is_the_platforms(plan: FlowPlan) -> None:
    stage = next(stage for stage in plan.stages if stage.id == "bill")
    access = Access("amqp://broker", "http://api", "user", "key", "iv-of-16-letters", "password")
    settings = WorkerSettings.from_environment(step_environment(plan, stage, access))
    assert (settings.step.function, settings.amqp.prefetch, settings.limits.message_deadline) == ("append", 7, 90.0)
    assert settings.amqp.listen_on == plan.queue(stage)


def test_compose_has_a_service_for_each_stage_and_no_secret(plan: FlowPlan, file: Path) -> None:
    document = yaml.safe_load(print_manifests(plan, "compose", "my-image", str(file)))
    assert set(document["services"]) == {
        "steps", "tickets", "sort", "router-sort", "copy", "mapper-sort-bill", "bill", "rest",
    }  # fmt: skip
    bill = document["services"]["bill"]
    assert bill["command"] == ["pysailor", "--component", "builtin:file", "run"]
    assert bill["deploy"] == {"replicas": 2}
    assert bill["environment"]["ELASTICIO_MESSAGE_CRYPTO_PASSWORD"] == "${MESSAGE_CRYPTO_PASSWORD:?}"
    assert document["services"]["mapper-sort-bill"]["command"][2] == "builtin:stages"


def test_kubernetes_has_a_deployment_for_each_stage(plan: FlowPlan, file: Path) -> None:
    documents = list(yaml.safe_load_all(print_manifests(plan, "kubernetes", "my-image", str(file))))
    kinds = [document["kind"] for document in documents]
    assert (kinds.count("Deployment"), kinds.count("Service"), kinds.count("ConfigMap")) == (8, 1, 1)
    bill = next(document for document in documents if document["metadata"]["name"].endswith("-bill"))
    assert bill["spec"]["replicas"] in (1, 2)
    assert documents[0]["data"] == {"triage.yaml": FLOW}


@pytest.mark.parametrize(
    ("environment", "own"),
    [
        ({}, {}),
        ({"PYSAILOR_METRICS_PORT": "0"}, {}),
        ({"PYSAILOR_METRICS_PORT": "9464"}, {"PYSAILOR_METRICS_PORT": "9466"}),
        ({"PYSAILOR_METRICS_PORT": "many"}, {}),
        ({"PYSAILOR_HEARTBEAT_FILE": "/run/beat"}, {"PYSAILOR_HEARTBEAT_FILE": "/run/beat-bill-1"}),
    ],
)
def test_processes_do_not_share_a_port_or_a_heartbeat(environment: dict[str, str], own: dict[str, str]) -> None:
    assert tell_apart(environment, "bill-1", 2) == own


@pytest.mark.parametrize(
    ("version", "keeps"), [("3.7.28", True), ("3.8.15", False), ("3.11.9", False), ("3.12.0", True), ("4.1.0", True),
                           ("3.13.0-rc.1", True), ("", True), ("x.y", True)],
)  # fmt: skip
def test_brokers_that_take_long_messages_back_are_known(version: str, keeps: bool) -> None:
    assert keeps_long_messages(version) is keeps
