"""The examples of how to run a worker, held against what a worker reads; the one for compose is run."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import yaml

from lib.offline.sandbox import KEY
from pysailor.cli import main
from pysailor.platform.variables import WorkerLimits, variables
from pysailor.worker.signals import _LAST_RESORT
from tests.support.broker import eventually, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lib.offline.sandbox import Sandbox
    from tests.support.broker import Rabbit

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
DECLARED = {variable.name: variable for variable in variables()}
MANDATORY = {name for name, variable in DECLARED.items() if variable.mandatory}
SECRETS = {name for name in MANDATORY if DECLARED[name].kind == "secret"}
_INTERPOLATED = re.compile(r"\$\{(?P<name>\w+):(?:\?[^}]*|-(?P<default>[^}]*))\}")


def kubernetes() -> list[Any]:
    """Read every manifest."""
    files = sorted(DEPLOY.glob("kubernetes/*.yaml"))
    return [document for file in files for document in yaml.safe_load_all(file.read_text())]


def one(kind: str) -> Any:
    (found,) = (document for document in kubernetes() if document["kind"] == kind)
    return found


def compose() -> Any:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture
def pod() -> Any:
    return one("Deployment")["spec"]["template"]["spec"]


@pytest.fixture
def worker(pod: Any) -> Any:
    (container,) = pod["containers"]
    return container


def environment_of(container: Any) -> dict[str, Any]:
    return {each["name"]: each.get("value", each.get("valueFrom")) for each in container["env"]}


def test_what_kubernetes_sets_is_what_a_worker_reads(worker: Any) -> None:
    assert MANDATORY <= set(environment_of(worker)) <= set(DECLARED)


def test_what_compose_sets_is_what_a_worker_reads() -> None:
    assert MANDATORY <= set(compose()["services"]["worker"]["environment"]) <= set(DECLARED)


def test_the_list_of_settings_names_every_variable_and_is_missed_when_it_is_old(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = (ROOT / "docs/settings.md").read_text()
    assert [name for name in DECLARED if f"| `{name}` |" not in told] == []
    for name in ("component.json", "README.md", "docs/settings.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    with (tmp_path / "docs/settings.md").open("w") as file:
        file.write(told.replace("`20`", "`21`"))
    assert main(["--component", str(tmp_path), "docs", "--check"]) == 1
    assert "docs/settings.md is out of date" in capsys.readouterr().err
    assert main(["--component", str(tmp_path), "docs"]) == 0
    assert (tmp_path / "docs/settings.md").read_text() == told


def test_secrets_come_from_a_secret(worker: Any) -> None:
    environment = environment_of(worker)
    assert {name for name, value in environment.items() if "secretKeyRef" in value} == SECRETS
    assert all(environment[name]["secretKeyRef"]["key"] == name for name in SECRETS)


def test_a_worker_may_finish_before_it_is_killed(pod: Any, worker: Any) -> None:
    deadline = float(environment_of(worker)["PYSAILOR_SHUTDOWN_DEADLINE"])
    assert pod["terminationGracePeriodSeconds"] > deadline + _LAST_RESORT
    local = compose()["services"]["worker"]
    grace = int(local["stop_grace_period"].removesuffix("s"))
    assert grace > float(local["environment"]["PYSAILOR_SHUTDOWN_DEADLINE"]) + _LAST_RESORT
    assert deadline == WorkerLimits().shutdown_deadline


def test_the_numbers_are_ones_that_a_worker_takes(worker: Any) -> None:
    given = environment_of(worker) | compose()["services"]["worker"]["environment"]
    read = {name: DECLARED[name] for name, value in given.items() if isinstance(value, str)}
    remarks: list[str] = []
    assert all(variable.read(given, remarks.append) is not None for variable in read.values())
    assert remarks == []


def test_a_worker_in_the_cluster_may_do_nothing_that_it_need_not(pod: Any, worker: Any) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["automountServiceAccountToken"] is False
    assert worker["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert worker["securityContext"]["readOnlyRootFilesystem"] is True
    assert set(worker["resources"]["limits"]) == {"memory"}


def test_no_probe_asks_a_port_that_nobody_listens_on(worker: Any) -> None:
    (port,) = worker["ports"]
    assert str(port["containerPort"]) == environment_of(worker)["PYSAILOR_METRICS_PORT"]
    asked = {worker[name]["httpGet"]["port"] for name in worker if name.endswith("Probe")}
    assert asked == {port["name"]}
    assert one("Deployment")["spec"]["minReadySeconds"] > 0


def test_the_scaler_looks_at_the_queue_that_the_worker_reads(worker: Any) -> None:
    scaled = one("ScaledObject")["spec"]
    (trigger,) = scaled["triggers"]
    assert scaled["scaleTargetRef"]["name"] == one("Deployment")["metadata"]["name"]
    assert trigger["authenticationRef"]["name"] == one("TriggerAuthentication")["metadata"]["name"]
    assert trigger["metadata"]["queueName"] == environment_of(worker)["ELASTICIO_LISTEN_MESSAGES_ON"]
    (secret,) = one("TriggerAuthentication")["spec"]["secretTargetRef"]
    at = environment_of(worker)["ELASTICIO_AMQP_URI"]["secretKeyRef"]
    assert (secret["name"], secret["key"]) == (at["name"], at["key"])


def test_no_worker_is_taken_away_for_messages_that_the_scaler_cannot_see() -> None:
    scaled = one("ScaledObject")["spec"]
    (trigger,) = scaled["triggers"]
    assert trigger["metadata"]["protocol"] == "amqp"  # counts what waits, not what is in work
    assert scaled["minReplicaCount"] >= 1
    assert "replicas" not in one("Deployment")["spec"]


def test_the_scaler_takes_text_only() -> None:
    (trigger,) = one("ScaledObject")["spec"]["triggers"]
    assert all(isinstance(value, str) for value in trigger["metadata"].values())


def test_every_manifest_is_applied() -> None:
    files = {file.name for file in DEPLOY.glob("kubernetes/*.yaml")} - {"kustomization.yaml"}
    assert set(one("Kustomization")["resources"]) == files


def test_budget_and_deployment_mean_the_same_pods() -> None:
    deployment = one("Deployment")
    selected = one("PodDisruptionBudget")["spec"]["selector"]
    assert selected == deployment["spec"]["selector"]
    assert selected["matchLabels"] == deployment["spec"]["template"]["metadata"]["labels"]


# --- compose, with processes in place of containers ------------------------------------------------------------------


def environment_in(service: str, given: Mapping[str, str], hosts: Mapping[str, str]) -> dict[str, str]:
    """Return what a container would find in its environment, where its neighbours are elsewhere."""
    written = dict(compose()["services"][service]["environment"])
    for name, value in written.items():
        text = _INTERPOLATED.sub(lambda found: given.get(found["name"]) or found["default"], value)
        for host, there in hosts.items():
            text = text.replace(host, there)
        written[name] = text
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ELASTICIO_", "OPENAI_"))}
    return clean | {"PYTHONPATH": str(ROOT), "PATH": f"{Path(sys.executable).parent}:{clean['PATH']}"} | written


def command_of(service: str) -> list[str]:
    """Return the command line of a container: its image's entry point, and what compose says."""
    command = [word.replace("/small_platform.py", str(DEPLOY / "small_platform.py")) for word in _said(service)]
    return [str(DEPLOY / "entrypoint"), *command]


def _said(service: str) -> list[str]:
    return [str(word) for word in compose()["services"][service]["command"]]


@contextmanager
def start(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def sent(sample: str, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    message = (ROOT / f"samples/sendRequest/{sample}.json").read_text()
    return subprocess.run(
        command_of("send"), env=environment, input=message, capture_output=True, text=True, check=False
    )


@pytest.fixture
def hosts(broker: Rabbit) -> Iterator[Mapping[str, str]]:
    """Return where the containers' neighbours are here; what they leave in the broker is removed."""
    told = compose()["x-step"]
    yield {told["ELASTICIO_AMQP_URI"]: broker.uri, "platform:8000": f"127.0.0.1:{free_port()}"}
    with broker.channel() as channel:
        channel.exchange_delete(told["ELASTICIO_PUBLISH_MESSAGES_TO"])
        channel.queue_delete(told["ELASTICIO_LISTEN_MESSAGES_ON"])
        for name, value in told.items():
            if name.endswith("_ROUTING_KEY"):
                channel.queue_delete(value)


def test_the_compose_example_takes_a_message_through_a_worker_and_stops_well(
    hosts: Mapping[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    given = {"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "gpt-sandbox-2", "OPENAI_BASE_URL": sandbox.base_url}
    environment = {name: environment_in(name, given, hosts) for name in ("platform", "worker", "send")}
    log = tmp_path / "worker"
    with start(command_of("platform"), environment["platform"], tmp_path / "platform"):
        eventually(lambda: _listens(hosts["platform:8000"]))
        with start(command_of("worker"), environment["worker"], log) as worker:
            eventually(lambda: b"Fully initialized" in log.read_bytes() or worker.poll() is not None)
            assert worker.poll() is None, log.read_text()
            answered = sent("hello", environment["send"])
            assert answered.returncode == 0, answered.stdout + answered.stderr + log.read_text()
            assert json.loads(answered.stdout)["body"]["object"] == "chat.completion"
            refused = sent("wrong-numbers", environment["send"])
            assert (refused.returncode, list(json.loads(refused.stdout))) == (1, ["error"])
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(60) == 0
    assert KEY not in log.read_text()


def test_the_small_platform_serves_the_key_on_this_machine_only_and_to_the_step_only(
    hosts: Mapping[str, str], tmp_path: Path
) -> None:
    given = {"OPENAI_API_KEY": KEY, "OPENAI_MODEL": "gpt-sandbox-2"}
    environment = environment_in("platform", given, hosts)
    address = hosts["platform:8000"]
    step = f"http://{address}/v1/tasks/{environment['ELASTICIO_FLOW_ID']}/steps/{environment['ELASTICIO_STEP_ID']}"
    login = (environment["ELASTICIO_API_USERNAME"], environment["ELASTICIO_API_KEY"])
    command = [word for word in command_of("platform") if word != "0.0.0.0"]  # noqa: S104 - is left out here
    with start(command, environment, tmp_path / "platform"):
        eventually(lambda: _listens(address))
        assert not _listens(address.replace("127.0.0.1", "127.0.0.2"))
        assert requests.get(step, auth=login, timeout=60).json()["config"]["apiKey"] == KEY
        for wrong in (None, (login[0], "wrong"), ("wrong", login[1])):
            assert requests.get(step, auth=wrong, timeout=60).status_code == 401


def _listens(address: str) -> bool:
    import socket  # noqa: PLC0415 - for this alone

    host, _, port = address.partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True
