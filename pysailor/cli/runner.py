"""Takes samples through a step, one after the other, and tells what came of them."""

from __future__ import annotations

import logging
import sys
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pysailor.context import Data, HttpReply, Partial, Snapshot, SnapshotUpdate
from pysailor.errors import Defect, InvalidConfig, SailorError
from pysailor.masking import mask
from pysailor.step import Invocation, Step

from .defects import open_step
from .dry_run import placeholders, print_request
from .output import ResultWriter, as_json, describe, printable, require_reader, say
from .progress import Progress
from .sample import Samples, display_name, input_schema_of
from .tape import tell_tape
from .usage import BadUsage, unknown_settings
from .workspace import open_workspace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from pysailor.component.component import Loaded
    from pysailor.context import Event

    from .sample import Sample
    from .workspace import Workspace

_DONE, _FAILED, _UNREADABLE = 0, 1, 2


def run_samples(args: argparse.Namespace) -> int:
    """Take the samples that a command names through its function; return the exit code."""
    with open_workspace(args) as workspace:
        function = workspace.function(args.function)
        if args.dry_run and function.hook("preview") is None:
            raise BadUsage(f"{function.declared.name} cannot show its request: its module has no function preview")
        samples = Samples(args, function, workspace.offers)
        runner = _Preview if args.dry_run else _Runner
        code = runner(workspace, function, args).run(samples)
        return max(code, tell_tape(workspace.tape)) if workspace.tape else code


def list_wrong(error: InvalidConfig, function: Loaded, cfg: Mapping[str, Any], sample: Sample) -> InvalidConfig:
    """Return the error with what else is wrong, which the component finds only where the rest is in order."""
    preview = function.hook("preview")
    known = {fault.pointer.partition("/")[2] for fault in error.faults}
    if preview is None or not known <= {field.name for field in function.fields}:
        return error
    rest = {name: value for name, value in cfg.items() if name not in known}
    try:
        with closing(Step(function, {**placeholders(function), **rest})) as step:
            preview(sample.message, step.cfg, step.context(Invocation(_ignore, logging.getLogger("component"))))
    except InvalidConfig as more:
        return InvalidConfig(
            faults=[*error.faults, *(fault for fault in more.faults if fault.pointer[1:] not in known)]
        )
    except Exception:  # noqa: BLE001 - what is wrong with the message is told when the settings are right
        return error
    return error


class _Runner:
    """Takes samples through the function and prints what it emits."""

    def __init__(self, workspace: Workspace, function: Loaded, args: argparse.Namespace) -> None:
        self.workspace, self.function = workspace, function
        self.name = function.declared.name
        self.writer = ResultWriter(workspace.results, is_text=args.text, is_pretty=args.pretty)
        self._is_text = args.text
        self._bodies: list[Any] = []
        self._logger = logging.getLogger("component")

    def run(self, samples: Samples) -> int:
        """Take all through; return the worst of their exit codes."""
        began, codes = time.monotonic(), []
        for number, name in enumerate(samples.names, 1):
            place = f"{number}/{len(samples.names)} " if len(samples.names) > 1 else ""
            codes.append(self._take(samples, name, f"{place}{display_name(name)}"))
        self.summarize(codes, time.monotonic() - began)
        return max(codes)

    def _take(self, samples: Samples, name: str, label: str) -> int:
        try:
            sample = samples.read(name)
        except BadUsage as error:
            print(error, file=sys.stderr)
            return _UNREADABLE
        if self._names_samples(samples):
            say(label)
        self._tell_doubts(sample)
        try:
            self.process(sample, label)
        except SailorError as error:
            self._tell_failure(sample, error)
            return _UNREADABLE if isinstance(error, BadUsage) else _FAILED
        return _DONE

    def _names_samples(self, samples: Samples) -> bool:
        """Return whether a person could not tell without it which output belongs to which sample."""
        many = len(samples.names) > 1
        return (many and (self._is_text or sys.stderr.isatty())) or (sys.stderr.isatty() and bool(samples.names[0]))

    def _tell_doubts(self, sample: Sample) -> None:
        for doubt in sample.doubts:
            say(f"{sample.name}: {doubt}")
        for fault in unknown_settings(sample.cfg, self.function.fields):
            say(f"{sample.name}: /cfg{fault}")
        schema = input_schema_of(self.function)
        for fault in schema.find_unknown(sample.message.body) if schema is not None else ():
            say(f"{sample.name}: {fault}")

    def _tell_failure(self, sample: Sample, error: SailorError) -> None:
        if isinstance(error, InvalidConfig):
            error = list_wrong(error, self.function, self.workspace.merge_settings(sample.cfg), sample)
            error = self.workspace.reword_faults(error, self.function.fields, self.name)
            text, name = describe(error), "InvalidConfig"
        else:
            name = Defect.__name__ if isinstance(error, Defect) else error.to_json()["name"]  # which explain knows
            text = self.workspace.reword(describe(error))
        lines = "\n".join([f"{sample.name}: {name}", *(f"  {line}" for line in text.splitlines())])
        lines = mask(lines, self.workspace.secrets(self.workspace.merge_settings(sample.cfg)))
        print(printable(lines), file=sys.stderr)

    def process(self, sample: Sample, label: str) -> None:
        """Take one sample through; raise SailorError."""
        if self.workspace.server_answers(sample.cfg, sample.scenario):
            self._check_first(sample)
        require_reader(self.workspace.results)
        cfg = self.workspace.settings(sample.cfg, sample.scenario)
        with open_step(self.function, cfg, sample.snapshot) as step, Progress(label) as progress:
            listener = _Listener(self, progress)
            try:
                step.process(sample.message, Invocation(listener, self._logger, watched=self.writer.is_watched))
            finally:
                progress.end()
                self.writer.end_line()

    def _check_first(self, sample: Sample) -> None:
        """Raise what the step would raise before it asks anybody: nothing needs to be started for that."""
        with open_step(
            self.function, {**placeholders(self.function), **self.workspace.merge_settings(sample.cfg)}
        ) as step:
            step.accept(sample.message)

    def write(self, message: Any) -> None:
        """Print an emitted message."""
        self._bodies.append(message.body)
        text_of = getattr(self.workspace.offers, "text_of", None)
        found = text_of(self.name, message.body) if text_of else message.body
        self.writer.write(message.to_json(), found if isinstance(found, str) else None)
        doubts_of = getattr(self.workspace.offers, "doubts_of", None)
        for doubt in doubts_of(self.name, message.body) if doubts_of and self._is_text else ():
            say(printable(doubt))

    def summarize(self, codes: list[int], seconds: float) -> None:
        """Write how many went through, and what the component has to say of all together: tokens, cost."""
        count = len(codes) - len([code for code in codes if code])
        told = [f"{count} of {len(codes)} done"] if len(codes) > 1 else []
        summarize = getattr(self.workspace.offers, "summarize", None)
        told += filter(None, [summarize(self._bodies)] if summarize and self._bodies else [])
        if told:
            say(f"{'; '.join(told)}; {seconds:.1f} s")


class _Preview(_Runner):
    """Prints the requests that would be sent. Nothing is started or sent for it."""

    def process(self, sample: Sample, label: str) -> None:  # noqa: ARG002 - nothing takes long here
        """Print the request of one sample."""
        print_request(self.workspace, self.function, sample, is_pretty=self.writer.is_pretty)

    def summarize(self, codes: list[int], seconds: float) -> None:
        """Nothing was asked, so there is nothing to tell."""


class _Listener:
    """Prints what a step emits: messages as results, the words of an answer that is being made as they come."""

    def __init__(self, runner: _Runner, progress: Progress) -> None:
        self._runner, self._progress = runner, progress

    def __call__(self, event: Event) -> None:
        self._progress.end()
        if isinstance(event, Partial):
            self._runner.writer.write_partial(event.text)
        elif isinstance(event, Data):
            self._runner.write(event.message)
        elif isinstance(event, HttpReply):
            say(f"the step answers the caller of the flow with status {event.status_code}")
        elif isinstance(event, Snapshot):
            say(printable(f"the snapshot becomes {as_json(event.value)}"))
        elif isinstance(event, SnapshotUpdate):
            say(printable(f"the snapshot takes {as_json(dict(event.delta))}"))
        else:
            say(f"the step emits {type(event).__name__}, which the platform would keep")


def _ignore(event: Event) -> None:
    """Take an event that nobody waits for."""
