"""The processes of a flow on this machine: started, started again when they die, stopped one stage after the other."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pysailor.errors import SailorError

from .environment import inherit, step_environment, tell_apart

if TYPE_CHECKING:
    from .environment import Access
    from .plan import FlowPlan, StagePlan

LOG = logging.getLogger(__name__)
_SAILOR: Final = "node_modules/elasticio-sailor-nodejs/run.js"
_CHILD: Final = (sys.executable, str(Path(__file__).with_name("child.py")))
_LONGEST_PAUSE: Final = 30.0
_QUICK: Final = 5.0
_MOST_FAILURES: Final = 5
_LONGEST_REASON: Final = 500


class StageFailed(SailorError):
    """The process of a step ends again and again as soon as it is started.

    Its log, in the flow's folder, has the reason.
    """

    code = "stage_failed"


class StageProcess:
    """One process of a stage. `name` tells it from others of the same stage."""

    def __init__(self, stage: StagePlan, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.stage = stage
        self.log = log
        self.failures = 0
        self._command = command
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._again_at = 0.0

    def start(self) -> None:
        """Start it; its log goes to the file."""
        self._began = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - the command is made here
                [*_CHILD, *self._command],
                cwd=self.stage.root if self.stage.is_node else None,  # paths begin where the flow is started
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def watch(self) -> None:
        """Start it again if it ended; raise StageFailed when that does not help."""
        if self.is_running:
            return
        if not self._again_at:
            self.failures = self.failures + 1 if time.monotonic() - self._began < _QUICK else 1
            if self.failures > _MOST_FAILURES:
                raise StageFailed(f"{self.stage.id} does not stay up: {self._last_line()} (its log: {self.log})")
            LOG.warning("%s ended and is started again: %s", self.stage.id, self._last_line())
            self._again_at = time.monotonic() + min(0.2 * 2**self.failures, _LONGEST_PAUSE)
        elif time.monotonic() >= self._again_at:
            self._again_at = 0.0
            self.start()

    def terminate(self) -> None:
        """Ask it to finish its messages and end."""
        if self._process is not None and self.is_running:
            self._process.send_signal(signal.SIGTERM)

    def wait(self, seconds: float) -> bool:
        """Return whether it has ended in that time."""
        if self._process is None:
            return True
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """End it at once; what it has not acknowledged goes back to its queue."""
        if self._process is not None and self.is_running:
            self._process.kill()
            self._process.wait()

    def _last_line(self) -> str:
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        if not lines:
            return "it wrote nothing"
        try:
            return str(json.loads(lines[-1])["msg"])[:_LONGEST_REASON]
        except (ValueError, KeyError, TypeError):  # not a line of this runtime's log
            return lines[-1][:_LONGEST_REASON]


def make_processes(plan: FlowPlan, access: Access, folder: Path) -> list[StageProcess]:
    """Return a process for each replica of each stage, not yet started; logs go to the folder."""
    made: list[StageProcess] = []
    for stage in plan.stages:
        for number in range(stage.replicas):
            name = f"{stage.id.replace(':', '-')}-{number + 1}"
            environment = inherit(os.environ) | tell_apart(os.environ, name, len(made))
            environment |= step_environment(plan, stage, access, name)
            environment["PYSAILOR_FLOW_PARENT"] = str(os.getpid())
            made.append(StageProcess(stage, command_of(stage), environment, folder / f"{name}.log"))
    return made


def command_of(stage: StagePlan) -> list[str]:
    """Return what starts a stage; raise StageFailed if a Node component has no sailor to run it."""
    if not stage.is_node:
        return [sys.executable, "-P", "-m", "pysailor", "--component", str(stage.root), "run"]
    named = os.environ.get("PYSAILOR_NODE_SAILOR", "")
    sailor = Path(named) if named else stage.root / _SAILOR
    if not sailor.is_file():
        raise StageFailed(
            f"{stage.id} is a Node component, and there is no {sailor}: run npm install in {stage.root}, or name "
            "another sailor's run.js in PYSAILOR_NODE_SAILOR"
        )
    return ["node", str(sailor)]
