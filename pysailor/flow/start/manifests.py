"""What starts a flow elsewhere: a compose file, or manifests for Kubernetes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import yaml

from pysailor.component.builtin import PREFIX

from .environment import Access, step_environment

if TYPE_CHECKING:
    from .plan import FlowPlan, StagePlan

_PORT: Final = 8000
_GRACE: Final = 120
_SECRETS: Final = {
    "ELASTICIO_API_KEY": "API_KEY",
    "ELASTICIO_AMQP_URI": "AMQP_URI",
    "ELASTICIO_MESSAGE_CRYPTO_IV": "MESSAGE_CRYPTO_IV",
    "ELASTICIO_MESSAGE_CRYPTO_PASSWORD": "MESSAGE_CRYPTO_PASSWORD",
}
"""Variables of a step that are secret, and what they are called in the environment, or in the Kubernetes Secret."""


def print_manifests(plan: FlowPlan, form: str, image: str, file: str) -> str:
    """Return the text for compose or kubernetes; secrets are named in it, never written."""
    return _compose(plan, image, file) if form == "compose" else _kubernetes(plan, image, file)


def _compose(plan: FlowPlan, image: str, file: str) -> str:
    inside = f"/flow/{Path(file).name}"
    secrets = {name: f"${{{short}:?}}" for name, short in _SECRETS.items()}
    steps = {
        "image": image,
        "command": ["pysailor", "flow", "start", inside, "--serve", f"0.0.0.0:{_PORT}", "--folder", "/tmp/flow"],  # noqa: S108
        "environment": secrets,
        "volumes": [f"{Path(file).resolve().parent}:/flow:ro"],
        "restart": "unless-stopped",
    }
    services: dict[str, Any] = {"steps": steps}
    for stage in plan.stages:
        services[_service(stage)] = {
            "image": image,
            "command": _command(stage),
            "working_dir": _directory(stage),
            "environment": {**_environment(plan, stage, "http://steps"), **secrets},
            "volumes": [f"{Path(file).resolve().parent}:/flow:ro"],
            "depends_on": ["steps"],
            "restart": "unless-stopped",
            "stop_grace_period": f"{_GRACE}s",
            **({"deploy": {"replicas": stage.replicas}} if stage.replicas > 1 else {}),
        }
    head = (
        f"# The flow {plan.flow_id}: a process for each step. Set {', '.join(_SECRETS.values())} in the environment.\n"
        "# The credentials of the steps are read by the service steps, from its environment.\n"
    )
    return head + yaml.safe_dump({"name": plan.flow_id, "services": services}, sort_keys=False)


def _kubernetes(plan: FlowPlan, image: str, file: str) -> str:
    inside = f"/flow/{Path(file).name}"
    content = Path(file).read_text(encoding="utf-8")
    name = plan.flow_id
    files = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": f"{name}-flow"},
             "data": {Path(file).name: content}}  # fmt: skip
    serve = ["pysailor", "flow", "start", inside, "--serve", f"0.0.0.0:{_PORT}", "--folder", "/tmp/flow"]  # noqa: S108
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": f"{name}-steps"},
               "spec": {"selector": {"app": f"{name}-steps"}, "ports": [{"port": _PORT}]}}  # fmt: skip
    documents = [files, _deployment(plan, f"{name}-steps", image, serve, {}, 1), service]
    for stage in plan.stages:
        variables = _environment(plan, stage, f"http://{name}-steps")
        deployment = _deployment(
            plan, f"{name}-{_service(stage)}", image, _command(stage), variables, stage.replicas, _directory(stage)
        )
        documents.append(deployment)
    keys = ", ".join(_SECRETS.values())
    head = (
        f"# The flow {name}: a deployment for each step. The Secret {name} holds {keys}, and the steps' credentials.\n"
    )
    return head + yaml.safe_dump_all(documents, sort_keys=False)


def _deployment(
    plan: FlowPlan,
    name: str,
    image: str,
    command: list[str],
    variables: dict[str, str],
    replicas: int,
    directory: str = "/",
) -> dict[str, Any]:
    secret = [
        {"name": variable, "valueFrom": {"secretKeyRef": {"name": plan.flow_id, "key": key}}}
        for variable, key in _SECRETS.items()
    ]
    container = {
        "name": "step",
        "image": image,
        "command": command,
        "workingDir": directory,
        "env": [*({"name": variable, "value": value} for variable, value in variables.items()), *secret],
        "envFrom": [{"secretRef": {"name": plan.flow_id}}],
        "volumeMounts": [{"name": "flow", "mountPath": "/flow", "readOnly": True}],
        "securityContext": {"allowPrivilegeEscalation": False, "runAsNonRoot": True},
    }
    pod = {
        "terminationGracePeriodSeconds": _GRACE,
        "containers": [container],
        "volumes": [{"name": "flow", "configMap": {"name": f"{plan.flow_id}-flow"}}],
    }
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def _environment(plan: FlowPlan, stage: StagePlan, steps: str) -> dict[str, str]:
    access = Access("", f"{steps}:{_PORT}", "task-flow", "", "", "")
    variables = step_environment(plan, stage, access, _service(stage))
    kept = {name: value for name, value in variables.items() if name not in _SECRETS}
    return {**kept, "PYSAILOR_SHUTDOWN_DEADLINE": str(_GRACE - 30), "ELASTICIO_COMPONENT_PATH": ""}


def _command(stage: StagePlan) -> list[str]:
    if stage.is_node:
        return ["node", "./node_modules/elasticio-sailor-nodejs/run.js"]
    where = f"{PREFIX}{stage.builtin}" if stage.builtin else _directory(stage)
    return ["pysailor", "--component", where, "run"]


def _directory(stage: StagePlan) -> str:
    """Return where the process works: a component of the image's own lies in /home/node."""
    return "/home/node" if not stage.builtin else "/"


def _service(stage: StagePlan) -> str:
    return re.sub(r"[^a-z0-9]+", "-", stage.id.lower()).strip("-")
