"""The chat server under load: 1,000 open sockets, 50 of which get streamed answers at once.

Three processes: the server as `pysailor chat` starts it, an API that writes the time into every piece, and a client
made of the Python package websockets. Added latency is from the API's write of a piece to its arrival in the client, on
the clock that all processes of a machine share. Memory is what the server has more, by socket, with all of them idle.

    python bench/chat.py [SOCKETS] [STREAMS] [SECONDS]
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
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parents[1]
PAUSE = 0.05  # between two pieces, in the mean: 20 a second, a quick model
WARM = 50
TARGET_MS, TARGET_KIB = 20, 100
SETTINGS = "url: {chat: {pattern: /chat, handler: ChatGPTHandler, kwargs: {key: sk-bench, model: m, stream: true}}}"
SERVER = "import sys; sys.path.insert(0, '.'); from lib.chat.command import main; sys.exit(main())"


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


def main(sockets: int = 1000, streams: int = 50, seconds: float = 20) -> None:
    """Run all three and print the table."""
    with ExitStack() as stack:
        settings = stack.enter_context(tempfile.NamedTemporaryFile("w", suffix=".yaml"))
        settings.write(SETTINGS)
        settings.flush()
        service = _process(stack, [__file__, "--api", str(seconds)])
        base = f"http://127.0.0.1:{_line(service).strip()}/v1"
        options = [
            settings.name,
            "--port",
            "0",
            "--turns",
            str(max(128, streams)),
            "--per-address",
            str(sockets + WARM),
            "--messages",
            "100000",
        ]
        server = _process(stack, ["-c", SERVER, *options], {"OPENAI_BASE_URL": base})
        url = _line(server).split(" ", 1)[1].strip().replace("http", "ws", 1)
        asking = _process(stack, [__file__, "--client", url, str(sockets), str(streams)])
        _line(asking)
        before = _resident(server.pid)
        opening = float(_next(asking))
        after = _resident(server.pid)
        cpu = _cpu(server.pid)
        delays, late = (sorted(numbers) for numbers in json.loads(_next(asking)))
        cpu = _cpu(server.pid) - cpu
    _print(sockets, streams, opening, (after - before) / sockets, delays, late, cpu)


def _process(
    stack: ExitStack, arguments: list[str], environment: dict[str, str] | None = None
) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - our own files, run by our own Python
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
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


def _print(
    sockets: int, streams: int, opening: float, kib: float, delays: list[float], late: list[float], cpu: float
) -> None:
    rows = [
        ("open sockets, of them streaming", f"{sockets}, {streams}", ""),
        ("opened a second", f"{sockets / opening:.0f}", ""),
        ("memory an idle socket", f"{kib:.0f} KiB", f"<= {TARGET_KIB} KiB"),
        ("pieces", f"{len(delays)}", ""),
        ("added latency p50", f"{_part(delays, 0.5):.1f} ms", ""),
        ("added latency p99", f"{_part(delays, 0.99):.1f} ms", f"<= {TARGET_MS} ms"),
        ("added latency, worst", f"{delays[-1]:.1f} ms", ""),
        ("for comparison: a bare timer is late, p50 / p99", f"{_part(late, 0.5):.1f} / {_part(late, 0.99):.1f} ms", ""),
        ("CPU of the server a piece", f"{cpu / len(delays) * 1e6:.0f} µs", ""),
    ]
    print("| what | measured | target |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["--api", seconds]:
            asyncio.run(api(float(seconds)))
        case ["--client", url, sockets, streams]:
            asyncio.run(client(url, int(sockets), int(streams)))
        case numbers:
            main(*map(int, numbers))
