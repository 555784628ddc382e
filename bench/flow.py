"""What a flow costs in this process: per message and step, per mapping, and how its memory grows.

    python bench/flow.py                 the table; a minute
    python bench/flow.py --lines 1000000 the long run: flat memory over a million lines through three steps

The steps do nothing, so all that is measured is the runner: mapper, checks of the schemas, ledger, queues.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

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


def write_flow(directory: Path) -> Path:
    """Write a component that does nothing and a flow of it; return the flow's file."""
    lib = directory / "worker" / "lib"
    lib.mkdir(parents=True)
    (lib / "__init__.py").touch()
    (lib / "same.py").write_text(SAME)
    shape = {"type": "object", "properties": {"n": {"type": "number"}, "text": {"type": "string"}}}
    same = {"title": "Same", "main": "./lib/same.py", "metadata": {"in": shape, "out": shape}}
    document = {"title": "W", "description": "Nothing", "version": "1.0.0", "actions": {"same": same}}
    (directory / "worker" / "component.json").write_text(json.dumps(document))
    (directory / "flow.yaml").write_text(FLOW)
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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"lines": lines, "wall": wall / lines / STEPS * 1e6, "cpu": cpu / lines / STEPS * 1e6, "peak": peak}


def run_apart(lines: int) -> dict[str, Any]:
    """Return the figures of a run in a process of its own, so that its memory is its own."""
    program = [sys.executable, __file__, "--lines", str(lines), "--json"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def time_expression(text: str) -> tuple[float, float]:
    """Return the microseconds that compiling and evaluating an expression take."""
    from pysailor.flow.document import FlowExpression  # noqa: PLC0415 - as above
    from pysailor.flow.mapper import MapContext, compile_expression  # noqa: PLC0415 - as above

    began = time.perf_counter()
    compiled = compile_expression(FlowExpression(text))
    compiling = time.perf_counter() - began
    context, count = MapContext({"a": {"body": BODY}}), 2000
    began = time.perf_counter()
    for _ in range(count):
        compiled.evaluate(BODY, context)
    return compiling * 1e6, (time.perf_counter() - began) / count * 1e6


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, help="run only this many messages")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    args = parser.parse_args()
    if args.lines and args.json:
        print(json.dumps(run(args.lines)))
        return
    print("| messages | us a message and step, wall | CPU | peak MB |\n|---|---|---|---|")
    for lines in [args.lines] if args.lines else (1_000, 10_000, 100_000):
        found = run_apart(lines)
        print(f"| {lines:,} | {found['wall']:.0f} | {found['cpu']:.0f} | {found['peak']:.0f} |")
    if args.lines:
        return
    time_expression("n & text")
    print("\n| expression | compile us | evaluate us |\n|---|---|---|")
    for name, text in EXPRESSIONS.items():
        compiling, evaluating = time_expression(text)
        print(f"| {name} | {compiling:.0f} | {evaluating:.1f} |")


if __name__ == "__main__":
    main()
