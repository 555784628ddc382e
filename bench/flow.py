"""What a flow costs: in this process, on RabbitMQ with one and two workers a step, and in Node-RED.

    python bench/flow.py                 all of it; three to four minutes
    python bench/flow.py --write         the same, and docs/flows.md gets the tables
    python bench/flow.py --lines 1000000 only this: flat memory over a million lines through three steps

The steps do nothing, so all that is measured is the machinery. In this process that is mappers, checks of the schemas,
ledger and spool; on RabbitMQ processes, encryption, acknowledged messages and quorum queues; in Node-RED function nodes
and change nodes with JSONata, which hand an object on and keep nothing. Those that are compared take turns, round by
round; steal and load of the machine stand beside. Node-RED is installed by npm into a temporary folder (`--peer DIR`:
into that folder, once); without npm, or without RabbitMQ, that part is left out and said so.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

ROOT: Final = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT)] if str(ROOT) not in sys.path else []

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from bench.flow_peer import NodeRed

SAME = "from pysailor import Message\n\ndef process(msg, cfg, snapshot, ctx):\n    return Message(body=msg.body)\n"
FLOW = """\
flow: 1
name: Bench
components: {w: {path: worker}}
steps:
  a: {run: 'w:same'}
  b: {run: 'w:same', after: a, map: {n: n, text: text}}
  c: {run: 'w:same', after: b}
  d: {run: 'w:same', after: c, map: {n: n, text: $getPassthrough().a.body.text}}
"""
STEPS = 3
EXPRESSIONS = {
    "a path (n)": "n",
    "a text of two members": '"row " & n & ": " & text',
    "an earlier step": "$getPassthrough().a.body.text",
    "an object": '{"no": n, "twice": n * 2, "text": text}',
    "a list mapped": "items.{'sku': sku, 'price': price * 1.19}",
}
BODY = {"n": 7, "text": "a row of the table", "items": [{"sku": str(n), "price": n} for n in range(10)]}
HERE, PEER = "in this process", "Node-RED"
IN_PROCESS, ON_BROKER = 10_000, 2_000
_BEGIN, _END = "<!-- written by bench/flow.py --write: begin -->", "<!-- end -->"


def write_flow(directory: Path, tune: str = "") -> Path:
    """Write a component that does nothing and a flow of it, its steps tuned so; return the flow's file."""
    lib = directory / "worker" / "lib"
    lib.mkdir(parents=True)
    (lib / "__init__.py").touch()
    (lib / "same.py").write_text(SAME)
    shape = {"type": "object", "properties": {"n": {"type": "number"}, "text": {"type": "string"}}}
    same = {"title": "Same", "main": "./lib/same.py", "metadata": {"in": shape, "out": shape}}
    document = {"title": "W", "description": "Nothing", "version": "1.0.0", "actions": {"same": same}}
    (directory / "worker" / "component.json").write_text(json.dumps(document))
    (directory / "flow.yaml").write_text(FLOW.replace("'w:same'", f"'w:same'{tune}"))
    return directory / "flow.yaml"


def run(lines: int) -> dict[str, Any]:
    """Run so many messages through the flow; return the figures."""
    from pysailor.flow.components import FlowComponents  # noqa: PLC0415 - measured in a process of its own
    from pysailor.flow.document import read_flow  # noqa: PLC0415 - as above
    from pysailor.flow.run import FlowRun, RunPlan, StepPlan  # noqa: PLC0415 - as above

    with tempfile.TemporaryDirectory() as name:
        flow = read_flow(write_flow(Path(name)))
        components = FlowComponents(flow)
        component = components.component("w")
        steps = {step.id: StepPlan(step, component, components.function(step), {}) for step in flow.all_steps}
        bodies = ({"n": number, "text": f"row {number} of the table"} for number in range(lines))
        (Path(name) / "run").mkdir()
        running = FlowRun(RunPlan(flow, steps, bodies=lambda: bodies), Path(name) / "run", "bench")
        began, used = time.perf_counter(), time.process_time()
        assert running.run() == "done"
        wall, cpu = time.perf_counter() - began, time.process_time() - used
    return {"lines": lines, "wall": wall / lines * 1e6, "cpu": cpu / lines * 1e6, "peak": _peak(), "processes": 1}


def _peak() -> float:
    """Return the most memory that this process had, in MB. Linux' ru_maxrss begins with that of whoever started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split(maxsplit=1)[0]) / 1024


def run_apart(lines: int) -> dict[str, Any]:
    """Return the figures of a run in a process of its own, so that its memory is its own."""
    program = [sys.executable, __file__, "--lines", str(lines), "--json"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def run_peer(peer: NodeRed, lines: int) -> dict[str, Any]:
    """Return the figures of a run in Node-RED."""
    found = peer.run(lines)
    return {"wall": found["wall"] / lines, "cpu": found["cpu"] / lines, "peak": found["peak"], "processes": 1}


def time_expression(text: str) -> tuple[float, float]:
    """Return the microseconds of CPU that compiling and evaluating an expression take."""
    from pysailor.flow.document import FlowExpression  # noqa: PLC0415 - as above
    from pysailor.flow.mapper import MapContext, compile_expression  # noqa: PLC0415 - as above

    began = time.process_time()
    compiled = compile_expression(FlowExpression(text))
    compiling = time.process_time() - began
    context, count = MapContext({"a": {"body": BODY}}), 2000
    began = time.process_time()
    for _ in range(count):
        compiled.evaluate(BODY, context)
    return compiling * 1e6, (time.process_time() - began) / count * 1e6


# --- who takes part --------------------------------------------------------------------------------------------------


def find_peer(stack: ExitStack, given: str | None) -> tuple[NodeRed, Path] | None:
    """Return a Node-RED that runs and its folder; None, and say why, if there is none."""
    from bench.flow_peer import NoPeer, install, running  # noqa: PLC0415 - not needed for one run

    folder = Path(given or stack.enter_context(tempfile.TemporaryDirectory())).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if not (folder / "node_modules" / "node-red").is_dir():
            install(folder)
        peer = stack.enter_context(running(folder))
        peer.run(IN_PROCESS)  # so that it is compiled
    except NoPeer as reason:
        print(f"Node-RED is not measured: {reason}")
        return None
    return peer, folder


def find_broker(stack: ExitStack) -> dict[str, Callable[[], Mapping[str, Any]]]:
    """Return the flow on RabbitMQ with one and two workers a step; nothing, and say why, if there is none."""
    import pytest  # noqa: PLC0415 - as above

    from bench import flow_broker  # noqa: PLC0415 - as above
    from tests.support.broker import running_rabbit  # noqa: PLC0415 - as above

    try:
        uri = stack.enter_context(running_rabbit()).uri
    except pytest.skip.Exception as reason:
        print(f"RabbitMQ is not measured: {reason}")
        return {}
    made: dict[str, Callable[[], Mapping[str, Any]]] = {}
    for replicas, name in ((1, "RabbitMQ, 1 worker a step"), (2, "RabbitMQ, 2 workers a step")):
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        text = write_flow(folder, f", tune: {{replicas: {replicas}, prefetch: 20}}").read_text(encoding="utf-8")
        made[name] = partial(flow_broker.run, uri, folder, text, ON_BROKER)
    return made


# --- tables ----------------------------------------------------------------------------------------------------------


def compare(contenders: Mapping[str, Callable[[], Mapping[str, Any]]], rounds: int) -> Iterator[str]:
    """Have all take turns, each round another one first; yield the table."""
    from bench.report import Steal  # noqa: PLC0415 - loads much, and a run alone shows its memory
    from bench.timing import Spread  # noqa: PLC0415 - as above

    names = list(contenders)
    found: dict[str, list[Mapping[str, Any]]] = {name: [] for name in names}
    weather: list[tuple[float, float]] = []
    for number in range(rounds):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            before = Steal.now()
            found[name].append(contenders[name]())
            weather.append((before.share() * 100, os.getloadavg()[0]))
    head = ("messages/s", "time", "CPU", "CPU beside Node-RED", "processes")
    yield f"| {STEPS} steps, 2 mappers; µs a message and step | {' | '.join(head)} |"
    yield "|---|---|---|---|---|---|"
    for name, runs in found.items():
        wall, cpu = (median(each[kind] for each in runs) for kind in ("wall", "cpu"))
        ratio = "-"
        if PEER in found and name != PEER:
            ratios = [own["cpu"] / other["cpu"] for own, other in zip(runs, found[PEER], strict=True)]
            ratio = Spread.of(ratios).text(1, "x")
        figures = f"{1e6 / wall:,.0f} | {wall / STEPS:.0f} | {cpu / STEPS:.0f} | {ratio} | {runs[0]['processes']}"
        yield f"| {name} | {figures} |"
    steal, load = ([each[part] for each in weather] for part in (0, 1))
    yield ""
    yield (
        f"Medians, rounds: {rounds}; steal {min(steal):.0f} to {max(steal):.0f} %, load {min(load):.1f} to "
        f"{max(load):.1f} on {os.cpu_count()} processors."
    )


def memory(sizes: Sequence[int]) -> Iterator[str]:
    """Yield the table of runs in this process."""
    yield "| messages in this process | µs a message and step: time | CPU | peak MB |\n|---|---|---|---|"
    for lines in sizes:
        found = run_apart(lines)
        yield f"| {lines:,} | {found['wall'] / STEPS:.0f} | {found['cpu'] / STEPS:.0f} | {found['peak']:.0f} |"


def mappings(peer: Path | None) -> Iterator[str]:
    """Yield the table of what one mapping costs."""
    from bench.flow_peer import time_expressions  # noqa: PLC0415 - as above

    time_expression("n & text")
    theirs = time_expressions(peer, BODY, EXPRESSIONS) if peer else {}
    yield "| mapping of a message, µs of CPU | compile once | evaluate | npm jsonata 1.8.7 |\n|---|---|---|---|"
    for name, text in EXPRESSIONS.items():
        compiling, evaluating = time_expression(text)
        yield f"| {name} | {compiling:.0f} | {evaluating:.1f} | {f'{theirs[name]:.1f}' if theirs else '-'} |"


def measure(rounds: int, peer: str | None) -> Iterator[str]:
    """Yield all tables."""
    with ExitStack() as stack:
        node_red = find_peer(stack, peer)
        contenders: dict[str, Callable[[], Mapping[str, Any]]] = {HERE: partial(run_apart, IN_PROCESS)}
        if node_red:
            contenders[PEER] = partial(run_peer, node_red[0], IN_PROCESS)
        yield from compare(contenders | find_broker(stack), rounds)
        yield ""
        yield from mappings(node_red[1] if node_red else None)
    yield ""
    yield from memory((1_000, 100_000))


def write(lines: Sequence[str]) -> None:
    """Put the tables into docs/flows.md, between the marks."""
    page = ROOT / "docs" / "flows.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(_BEGIN)
    page.write_text("\n".join([before + _BEGIN, "", *lines, "", _END + rest.partition(_END)[2]]), encoding="utf-8")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, help="run only this many messages, in this process")
    parser.add_argument("--json", action="store_true", help="with --lines: print the figures as JSON")
    parser.add_argument("--rounds", type=int, default=3, help="how often each has its turn (default: 3)")
    parser.add_argument("--peer", metavar="DIR", help="where Node-RED is installed, or is to be")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/flows.md")
    args = parser.parse_args()
    if args.lines and args.json:
        print(json.dumps(run(args.lines)))
        return
    lines = []
    for line in memory([args.lines]) if args.lines else measure(args.rounds, args.peer):
        print(line, flush=True)
        lines.append(line)
    if args.write:
        write(lines)


if __name__ == "__main__":
    main()
