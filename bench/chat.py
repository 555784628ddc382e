"""The chat server under load: 1,000 open sockets, 50 of which get streamed answers at once.

Three processes: the server as `pysailor chat` starts it, an API that writes the time into every piece, and a client
made of the Python package websockets. Added latency is from the API's write of a piece to its arrival in the client, on
the clock that all processes of a machine share. Memory is what the server has more, by socket, with all of them idle.

    python bench/chat.py [--rounds N] [--busy] [--beside TREE] [--check]

`--busy` adds a neighbour: a process that does nothing but compute, and so takes one processor. `--beside` measures the
server of another checkout too, in turns with this one.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, fields
from pathlib import Path
from statistics import median
from typing import IO, TYPE_CHECKING, Any

from bench.timing import Target, parser, print_targets, table

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

ROOT = Path(__file__).resolve().parents[1]
PAUSE = 0.05  # between two pieces, in the mean: 20 a second, a quick model
WARM = 50
MOST_MS, MOST_US, MOST_KIB = 20, 100, 25
SETTINGS = "url: {chat: {pattern: /chat, handler: ChatGPTHandler, kwargs: {key: sk-bench, model: m, stream: true}}}"
SERVER = "import sys; sys.path.insert(0, '.'); from lib.chat.command import main; sys.exit(main())"
BUSY = "while True: pass"


# --- the API ---------------------------------------------------------------------------------------------------------


async def api(seconds: float) -> None:
    """ChatAnswer every request with a stream of so many seconds, each piece the time of its writing."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\r\n")[0]))
                await _stream(writer, seconds)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _stream(writer: asyncio.StreamWriter, seconds: float) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        _event(writer, {"content": f"{time.monotonic_ns()} "}, None)
        await asyncio.sleep(PAUSE * (0.5 + random.random()))  # noqa: S311 - as uneven as a model, for no two keep step
    _event(writer, {}, "stop")
    data = b"data: [DONE]\n\n"
    writer.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(data), data))
    await writer.drain()


def _event(writer: asyncio.StreamWriter, delta: dict[str, str], reason: str | None) -> None:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    data = b"data: %b\n\n" % json.dumps(chunk).encode()
    writer.write(b"%x\r\n%b\r\n" % (len(data), data))


# --- the client ------------------------------------------------------------------------------------------------------


async def client(url: str, sockets: int, streams: int) -> None:
    """Open the sockets; at each line on standard input do the next thing: ask on some, then end."""
    from websockets.asyncio.client import connect  # noqa: PLC0415 - this process only

    async def opened() -> Any:
        return await connect(url, compression=None, ping_interval=None, max_size=None)

    warm = [await opened() for _ in range(WARM)]
    await asyncio.gather(*(socket.close() for socket in warm))
    await _describe("warm")
    began = time.monotonic()
    idle: list[Any] = []
    while len(idle) < sockets:
        idle += await asyncio.gather(*(opened() for _ in range(min(50, sockets - len(idle)))))
    await _describe(f"{time.monotonic() - began}")
    delays: list[float] = []
    late: list[float] = []
    control = asyncio.create_task(_watchdog(late))
    await asyncio.gather(*(_ask(socket, number / streams, delays) for number, socket in enumerate(idle[:streams])))
    control.cancel()
    print(json.dumps([delays, late]), flush=True)


async def _watchdog(late: list[float]) -> None:
    """Note how late a timer of this process rings: what the machine, busy with other things, adds by itself."""
    while True:
        then = time.monotonic_ns()
        await asyncio.sleep(PAUSE)
        late.append((time.monotonic_ns() - then) / 1e6 - PAUSE * 1000)


async def _describe(word: str) -> None:
    print(word, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)


async def _ask(socket: Any, pause: float, delays: list[float]) -> None:
    await asyncio.sleep(pause)  # they begin within a second
    await socket.send("How late is it?")
    while frame := await socket.recv():
        now = time.monotonic_ns()
        if frame.startswith("[ERROR]"):
            raise SystemExit(frame)
        delays.extend((now - int(then)) / 1e6 for then in frame.split())


# --- the measurement -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run showed: milliseconds, KiB a socket, microseconds of CPU a piece."""

    opened_a_second: float
    kib: float
    pieces: float
    p50: float
    p99: float
    worst: float
    timer_p99: float
    cpu: float


ROWS = {
    "opened_a_second": "sockets opened a second",
    "kib": "memory an idle socket, KiB",
    "pieces": "pieces",
    "p50": "added latency p50, ms",
    "p99": "added latency p99, ms",
    "worst": "added latency, worst of all pieces, ms",
    "timer_p99": "for comparison: a bare timer of the client is late, p99, ms",
    "cpu": "CPU of the server a piece, µs",
}


def main() -> int:
    """Print a table for each checkout; 1 if a target is to be checked and is missed."""
    options = parser(__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--sockets", type=int, default=1000)
    options.add_argument("--streams", type=int, default=50)
    options.add_argument("--seconds", type=float, default=20, help="how long an answer takes")
    options.add_argument("--busy", action="store_true", help="keep one processor busy with something else")
    options.add_argument("--beside", type=Path, action="append", default=[], metavar="TREE", help="another checkout")
    args = options.parse_args()
    found: dict[Path, list[Figures]] = {tree: [] for tree in (ROOT, *args.beside)}
    load = os.getloadavg()[0]
    for _ in range(args.rounds):
        for tree, figures in found.items():
            figures.append(measure(args, tree))
    print(f"{args.sockets} sockets, {args.streams} streaming, load {load:.1f} before, {os.getloadavg()[0]:.1f} after\n")
    for tree, figures in found.items():
        _print("this checkout" if tree == ROOT else str(tree), figures)
    return print_targets(list(_targets(found[ROOT], busy=args.busy)), check=args.check)


def measure(args: Namespace, tree: Path) -> Figures:
    """Run all three processes once, with the server of this checkout."""
    with ExitStack() as stack:
        settings = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".yaml"))
        settings.write(SETTINGS)
        settings.flush()
        service = _process(stack, [__file__, "--api", str(args.seconds)])
        base = f"http://127.0.0.1:{_line(service).strip()}/v1"
        turns, places = str(max(128, args.streams)), str(args.sockets + WARM)
        options = [settings.name, "--port", "0", "--turns", turns, "--per-address", places, "--messages", "100000"]
        server = _process(stack, ["-c", SERVER, *options], {"OPENAI_BASE_URL": base}, tree)
        url = _line(server).split(" ", 1)[1].strip().replace("http", "ws", 1)
        asking = _process(stack, [__file__, "--client", url, str(args.sockets), str(args.streams)])
        _line(asking)
        before = _resident(server.pid)
        opening = float(_next(asking))
        after = _resident(server.pid)
        if args.busy:
            _process(stack, ["-c", BUSY])
        cpu = _cpu(server.pid)
        delays, late = (sorted(numbers) for numbers in json.loads(_next(asking)))
        cpu = _cpu(server.pid) - cpu
    return Figures(
        opened_a_second=args.sockets / opening,
        kib=(after - before) / args.sockets,
        pieces=len(delays),
        p50=_part(delays, 0.5),
        p99=_part(delays, 0.99),
        worst=delays[-1],
        timer_p99=_part(late, 0.99),
        cpu=cpu / len(delays) * 1e6,
    )


def _process(
    stack: ExitStack, arguments: list[str], environment: dict[str, str] | None = None, tree: Path = ROOT
) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own files, run by our own Python
        [sys.executable, *arguments],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if "--client" in arguments else subprocess.DEVNULL,
        text=True,
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)
    return process


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _line(process: subprocess.Popen[str]) -> str:
    line = _pipe(process.stdout).readline()
    if not line:
        raise SystemExit(f"{process.args!r} ended before it was ready")
    return line


def _next(process: subprocess.Popen[str]) -> str:
    pipe = _pipe(process.stdin)
    pipe.write("\n")
    pipe.flush()
    return _line(process)


def _resident(pid: int) -> float:
    """Return the memory of a process in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def _cpu(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _part(numbers: list[float], share: float) -> float:
    return numbers[min(len(numbers) - 1, int(len(numbers) * share))]


def _middle(name: str, figures: Sequence[Figures]) -> float:
    return float(median(getattr(each, name) for each in figures))


def _print(title: str, figures: Sequence[Figures]) -> None:
    """Print lowest, middle and highest of all rounds."""
    rows = []
    for field in fields(Figures):
        numbers = sorted(getattr(each, field.name) for each in figures)
        shown = (numbers[0], median(numbers), numbers[-1])
        rows.append((ROWS[field.name], *(f"{each:.1f}" if each < 10 else f"{each:.0f}" for each in shown)))
    table((title, "lowest", "middle", "highest"), *rows)


def _targets(figures: Sequence[Figures], *, busy: bool) -> Iterator[Target]:
    neighbour = ", one processor kept busy" if busy else ""
    yield Target(f"added latency p99{neighbour}", _middle("p99", figures), MOST_MS, " ms")
    yield Target("CPU of the server a piece", _middle("cpu", figures), MOST_US, " µs")
    yield Target("memory an idle socket", _middle("kib", figures), MOST_KIB, " KiB")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--api", seconds]:
            asyncio.run(api(float(seconds)))
        case ["--client", url, sockets, streams]:
            asyncio.run(client(url, int(sockets), int(streams)))
        case _:
            sys.exit(main())
