"""What tests of flows share: a little component that does as its settings say, and flows of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.flow.components import FlowComponents, settings
from pysailor.flow.document import FlowFile, parse_flow
from pysailor.flow.run import FlowRun, RunPlan, StepPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path


CODE = {
    "numbers": """
import time
from pysailor import Message

def process(msg, cfg, snapshot, ctx):
    for number in range(1, int(cfg["count"]) + 1):
        yield Message(body={"n": number, "text": f"row {number}"})
""",
    "work": """
import os
import threading
import time
from decimal import Decimal
from pathlib import Path

from pysailor import CallReport, InvalidInput, Message, Rebound, StepError

class Busy(StepError):
    code = "busy"
    retryable = True

SEEN = {}
LOCK = threading.Lock()

def process(msg, cfg, snapshot, ctx):
    body = msg.body
    with LOCK:
        tries = SEEN[(cfg["tag"], str(body.get("n")))] = SEEN.get((cfg["tag"], str(body.get("n"))), 0) + 1
    if cfg["asked"]:
        with Path(cfg["asked"]).open("a") as file:
            file.write(f"{body.get('n')}\\n")
    if cfg["seconds"]:
        time.sleep(cfg["seconds"])
    if cfg["pause"]:
        ctx.pause(cfg["pause"])
    if cfg["call"]:
        units = {"input_tokens": 3, "output_tokens": 2}
        ctx.report(CallReport("model", "ok", 0.01, units=units, cost=Decimal("0.001")))
    if cfg.get("share"):
        shared = ctx.store.update(cfg["share"], lambda old: str(int(old or 0) + 1).encode(), 60)
        body = {**body, "shared": int(shared)}
    if cfg["kill"] and body.get("n") == cfg["kill"]:
        os.kill(os.getpid(), 9)
    if cfg["interrupt"] and body.get("n") == cfg["interrupt"]:
        raise KeyboardInterrupt
    if cfg["fail"] and body.get("n") == cfg["fail"]:
        raise InvalidInput("this number is not liked", pointer="/n")
    if cfg["busy"] and tries <= cfg["busy"]:
        raise Busy("not now")
    if cfg["rebound"] and tries <= cfg["rebound"]:
        raise Rebound("later")
    for copy in range(cfg["copies"]):
        yield Message(body={**body, "by": cfg["tag"], **({"copy": copy} if cfg["copies"] > 1 else {})})
""",
}
FIELDS = {
    "count": 3,
    "tag": "work",
    "asked": "",
    "seconds": 0.0,
    "call": False,
    "kill": 0,
    "fail": 0,
    "busy": 0,
    "share": "",
}
FIELDS |= {"share": "", "rebound": 0, "interrupt": 0, "copies": 1, "pause": 0.0}


def field(name: str, default: Any) -> dict[str, Any]:
    view = "CheckBoxView" if isinstance(default, bool) else "TextFieldView"
    return {"label": name, "viewClass": view, **({} if default == "" else {"default": default})}


@pytest.fixture
def component(tmp_path: Path) -> Path:
    """Return the directory of a component with the functions numbers (a trigger), work and route."""
    root = tmp_path / "worker"
    (root / "lib").mkdir(parents=True)
    fields = {name: field(name, default) for name, default in FIELDS.items()}
    schema = {"type": "object", "properties": {"n": {"type": "number"}, "text": {"type": "string"}}}
    document = {
        "title": "Worker",
        "description": "Does as it is told",
        "version": "1.0.0",
        "service": "router",
        "credentials": {"fields": {"apiKey": {"label": "Key", "viewClass": "PasswordFieldView"}}},
        "triggers": {"numbers": {"title": "Numbers", "main": "./lib/numbers.py", "fields": fields,
                                 "metadata": {"out": schema}}},
        "actions": {"work": {"title": "Work", "main": "./lib/work.py", "fields": fields, "metadata": {"out": schema}}},
    }  # fmt: skip
    (root / "component.json").write_text(json.dumps(document))
    (root / "lib" / "__init__.py").touch()
    for name, code in CODE.items():
        (root / "lib" / f"{name}.py").write_text(code.replace('cfg["asked"]', 'cfg.get("asked", "")'))
    return root


@pytest.fixture
def flow(tmp_path: Path, component: Path) -> Callable[[str], FlowFile]:
    """Return what makes a flow of the lines of its steps."""

    def make(steps: str, more: str = "") -> FlowFile:
        components = f"{{w: {{path: {component.name}}}, router: {{builtin: router}}}}"
        text = f"flow: 1\nname: Test\ncomponents: {components}\n{more}steps:\n{steps}"
        (tmp_path / "flow.yaml").write_text(text)
        return parse_flow(text, str(tmp_path / "flow.yaml"))

    return make


def plan_of(flow: FlowFile, bodies: Iterable[Any] | None = None, **more: Any) -> RunPlan:
    components = FlowComponents(flow)
    steps: Mapping[str, StepPlan] = {
        step.id: StepPlan(step, component, components.function(step), settings(flow, step, component))
        for step in flow.all_steps
        for component in (components.component(step.component),)
    }
    return RunPlan(flow, steps, bodies=None if bodies is None else lambda: iter(bodies), **more)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., tuple[str, Path]]:
    """Return what runs a flow in a directory, and the outcome."""

    def run_it(flow: FlowFile, bodies: Iterable[Any] | None = None, directory: str = "run", **more: Any) -> Any:
        path = tmp_path / directory
        path.mkdir(exist_ok=True)
        return FlowRun(plan_of(flow, bodies, **more), path, "r1").run(), path

    return run_it


@pytest.fixture
def plan() -> Callable[..., RunPlan]:
    """Return what makes a plan of a flow."""
    return plan_of


STRICT = """
from decimal import Decimal
from pysailor import Fault, HttpRequest, Message

class Found:
    errors = ()
    warnings = (Fault("/need", "a row is seldom meant"),)
    worst = Decimal("0.002")

def process(msg, cfg, snapshot, ctx):
    return Message(body=msg.body)

def check(msg, cfg, snapshot, ctx):
    return Found()

def preview(msg, cfg, ctx):
    return HttpRequest("POST", "https://example.com", {}, msg.body)
"""


@pytest.fixture
def strict(component: Path, request: pytest.FixtureRequest) -> None:
    """Add the function strict, which says what it takes, and whose credential is required."""
    document = json.loads((component / "component.json").read_text())
    kinds = {"n": "number", "list": "array", "flag": "boolean", "need": "string"}
    members = {name: {"type": kind, "required": name == "need"} for name, kind in kinds.items()}
    takes = {"type": "object", "properties": members, "additionalProperties": False}
    document["actions"]["strict"] = {"title": "Strict", "main": "./lib/strict.py", "metadata": {"in": takes}}
    document["credentials"]["fields"]["apiKey"]["required"] = "credential" in request.node.name
    (component / "component.json").write_text(json.dumps(document))
    (component / "lib" / "strict.py").write_text(STRICT)


NUMBERS = "  a: {run: 'w:numbers'}\n  b: {run: 'w:work', after: a, map: {n: n, text: $getFlowVariables().who}}\n"
WHO = "variables: {who: Ann}\n"


@pytest.fixture
def at(flow: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder with a flow of two steps and a variable."""
    flow(NUMBERS, WHO)
    monkeypatch.chdir(tmp_path)
    return tmp_path
