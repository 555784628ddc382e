"""Node-RED, without its editor, with a flow like ours: function nodes for steps, JSONata in change nodes for mappers.

It is installed by npm into a folder of its own. Function nodes have no `process`, so the settings hand it to them.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Final

from tests.support.broker import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

PACKAGES: Final = ("node-red", "jsonata@1.8.7")
_SECONDS: Final = 180.0
_START: Final = 60.0
_FEED: Final = """\
const began = global.get("process").hrtime.bigint(), cpu = global.get("process").cpuUsage();
global.set("run", {lines: msg.payload.lines, began, cpu, seen: 0, msg});
for (let n = 0; n < msg.payload.lines; n++) node.send({payload: {n, text: "row " + n + " of the table"}});
"""
_COUNT: Final = """\
const run = global.get("run"), process = global.get("process");
if (++run.seen < run.lines) return null;
const cpu = process.cpuUsage(run.cpu);
run.msg.payload = {
  wall: Number(process.hrtime.bigint() - run.began) / 1000, cpu: cpu.user + cpu.system,
  peak: process.resourceUsage().maxRSS / 1024,
};
return run.msg;
"""
_MAP: Final = '{"n": n, "text": text}'
_EVALUATE: Final = """\
const jsonata = require("jsonata"), {body, expressions} = JSON.parse(require("fs").readFileSync(0));
const taken = {};
for (const [name, text] of Object.entries(expressions)) {
  const compiled = jsonata(text), bound = {getPassthrough: () => ({a: {body}})};
  for (const count of [500, 2000]) {
    const before = process.cpuUsage();
    for (let n = 0; n < count; n++) compiled.evaluate(body, bound);
    const cpu = process.cpuUsage(before);
    taken[name] = (cpu.user + cpu.system) / count;
  }
}
console.log(JSON.stringify(taken));
"""


class NoPeer(Exception):
    """The peer cannot be had; the message is why."""


class NodeRed:
    """A Node-RED that runs."""

    def __init__(self, address: str) -> None:
        self._address = address

    def run(self, lines: int) -> dict[str, float]:
        """Send so many messages through its flow; return microseconds of time and CPU, and MB at most."""
        body = json.dumps({"lines": lines}).encode()
        request = urllib.request.Request(f"{self._address}/run", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            found: dict[str, float] = json.load(answer)
        return found


def install(folder: Path) -> None:
    """Install it into a folder; raise NoPeer if that is not possible here."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NoPeer("there is no node with npm")
    command = [npm, "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel=error", *PACKAGES]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS)  # noqa: S603 - as above
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise NoPeer(f"npm cannot install Node-RED: {error}") from error


@contextmanager
def running(folder: Path) -> Iterator[NodeRed]:
    """Run the Node-RED that was installed into a folder, on this machine only, until the block ends."""
    port = free_port()
    settings = f"""module.exports = {{uiHost: "127.0.0.1", uiPort: {port}, flowFile: "flows.json", httpAdminRoot: false,
    functionGlobalContext: {{process}}, logging: {{console: {{level: "warn"}}}}}}"""
    (folder / "settings.js").write_text(settings, encoding="utf-8")
    (folder / "flows.json").write_text(json.dumps(list(_flow())), encoding="utf-8")
    program = folder / "node_modules" / "node-red" / "red.js"
    command = ["node", str(program), "--settings", str(folder / "settings.js"), "--userDir", str(folder)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - as above
        try:
            peer = NodeRed(f"http://127.0.0.1:{port}")
            _await(peer, process, folder / "log")
            yield peer
        finally:
            process.terminate()
            process.wait()


def _await(peer: NodeRed, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + _START
    while time.monotonic() < until and process.poll() is None:
        with suppress(urllib.error.URLError, TimeoutError):
            peer.run(1)
            return
        time.sleep(0.1)
    raise NoPeer(f"Node-RED does not start: {log.read_text(encoding='utf-8', errors='replace')[-500:]}")


def _flow() -> Iterator[Mapping[str, Any]]:
    """Yield the nodes: those of our flow, between one that makes the messages and one that counts them."""
    yield {"id": "tab", "type": "tab", "label": "Bench"}
    yield _node("in", "http in", "a", url="/run", method="post")
    yield _node("a", "function", "map-b", func=_FEED, outputs=1)
    for name, following in (("b", "c"), ("d", "end")):
        rule = {"t": "set", "p": "payload", "pt": "msg", "to": _MAP.replace("n,", "payload.n,").replace(
            "text}", "payload.text}"), "tot": "jsonata"}  # fmt: skip
        yield _node(f"map-{name}", "change", name, rules=[rule])
        yield _node(name, "function", following, func="return msg;", outputs=1)
    yield _node("c", "function", "map-d", func="return msg;", outputs=1)
    yield _node("end", "function", "reply", func=_COUNT, outputs=1)
    yield _node("reply", "http response")


def _node(identity: str, kind: str, *following: str, **more: Any) -> Mapping[str, Any]:
    return {"id": identity, "type": kind, "z": "tab", "wires": [list(following)] if following else [], **more}


def time_expressions(folder: Path, body: Any, expressions: Mapping[str, str]) -> dict[str, float]:
    """Return the microseconds of CPU that the npm package takes to evaluate each expression."""
    given = json.dumps({"body": body, "expressions": expressions})
    command = ["node", "-e", _EVALUATE]
    done = subprocess.run(command, cwd=folder, input=given, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    found: dict[str, float] = json.loads(done.stdout)
    return found
