"""`pysailor process`: take samples through a step."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Any

from pysailor.context import Data, HttpReply, Partial
from pysailor.errors import InvalidConfig, SailorError
from pysailor.masking import mask
from pysailor.step import Invocation, Step

from .curl import curl, without_secrets
from .output import as_json, describe, say
from .sample import Sample, display_name
from .usage import BadUsage, add_samples, add_settings, demand_samples, unknown_settings
from .workspace import Workspace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from pysailor.component.component import Loaded
    from pysailor.context import Event
    from pysailor.message import HttpRequest

    Write = Callable[[Any], None]
    Take = Callable[[Workspace, Loaded, Sample, Write], None]

_EXAMPLE = """\
example:
  pysailor process greet samples/greet/hello.json --cfg tone=Hello --pretty

Where nothing leads to the real service, a server of the component's may answer; it says so.
Each emitted message is one line of JSON on standard output; everything else goes to standard error.
"""
_DONE, _FAILED, _UNREADABLE = 0, 1, 2


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "process",
        help="take samples through a step and print what it emits",
        description="Take samples through a step and print each emitted message as JSON.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    add_samples(parser)
    add_settings(parser)
    parser.add_argument("--dry-run", action="store_true", help="send nothing; print the exact request and a curl line")
    parser.add_argument("--pretty", action="store_true", help="print JSON over several lines")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; return 1 if a sample failed, 2 if one could not be read. The others are tried all the same."""
    with Workspace(args) as workspace:
        function = workspace.function(args.function)
        if args.dry_run and function.hook("preview") is None:
            raise BadUsage(f"{function.declared.name} cannot show its request: its module has no function preview")
        files = demand_samples(args)
        take, write = _show if args.dry_run else _process, _printer(pretty=args.pretty)
        return max(_taken(workspace, function, file, take, write) for file in _one_by_one(files))


def _one_by_one(files: list[str]) -> Iterator[str]:
    for number, file in enumerate(files, 1):
        if len(files) > 1 and sys.stderr.isatty():
            say(f"{number}/{len(files)} {display_name(file)}")
        yield file


def _taken(workspace: Workspace, function: Loaded, file: str, take: Take, write: Write) -> int:
    """Take one sample through; return the exit code."""
    try:
        sample = Sample.read(file)
    except BadUsage as error:
        print(error, file=sys.stderr)
        return _UNREADABLE
    for fault in unknown_settings(sample.cfg, function.fields):
        say(f"{sample.name}: /cfg{fault}")
    try:
        take(workspace, function, sample, write)
    except SailorError as error:
        cfg = workspace.chosen(sample.cfg)
        print(mask(_failure(sample, error), workspace.secrets(cfg)), file=sys.stderr)
        if isinstance(error, InvalidConfig) and sys.stderr.isatty():
            for hint in workspace.hints(function, cfg):
                say(hint)
        return _UNREADABLE if isinstance(error, BadUsage) else _FAILED
    return _DONE


def _process(workspace: Workspace, function: Loaded, sample: Sample, write: Write) -> None:
    if workspace.server_answers(workspace.chosen(sample.cfg), sample.scenario):
        _check_first(workspace, function, sample)
    listener = _Listener(write)
    cfg = workspace.settings(sample.cfg, sample.scenario)
    with closing(Step(function, cfg, snapshot=sample.snapshot)) as step:
        try:
            step.process(sample.message, Invocation(listener, logging.getLogger("component")))
        finally:
            listener.end_line()


def _check_first(workspace: Workspace, function: Loaded, sample: Sample) -> None:
    """Raise what the step would raise before it asks anybody: nothing needs to be started for that."""
    with closing(Step(function, {**examples(function), **workspace.chosen(sample.cfg)})) as step:
        step.accept(sample.message)


class _Listener:
    """Prints what a step emits: messages as results, the words of an answer that is being made as they come."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._in_a_line = False

    def __call__(self, event: Event) -> None:
        if isinstance(event, Partial):
            print(event.text, end="", file=sys.stderr, flush=True)
            self._in_a_line = True
            return
        self.end_line()
        if isinstance(event, Data):
            self._write(event.message.to_json())
        elif isinstance(event, HttpReply):
            say(f"the step answers the caller of the flow with status {event.status_code}")
        else:
            say(f"the step emits {type(event).__name__}, which the platform would keep")

    def end_line(self) -> None:
        """End the line of an answer, so that what follows begins its own."""
        if self._in_a_line:
            print(file=sys.stderr)
            self._in_a_line = False


def _show(workspace: Workspace, function: Loaded, sample: Sample, write: Write) -> None:
    """Print the request that would be sent. Nothing is started or sent for it."""
    words, chosen = examples(function), workspace.chosen(sample.cfg)
    secrets = workspace.secrets({**words, **chosen})
    with closing(Step(function, {**words, **chosen})) as step:
        context = step.context(Invocation(_Listener(write), logging.getLogger("component")))
        request: HttpRequest = function.get_function("preview")(step.accept(sample.message), step.cfg, context)
    headers = {name: without_secrets(value, secrets) for name, value in request.headers.items()}
    write({"method": request.method, "url": request.url, "headers": headers, "body": request.body})
    sent = json.dumps(request.body)
    for name, word in words.items():
        if name not in chosen and f'"{word}"' in sent:
            say(f"no {name} is set; {word} is put in its place")
    print(curl(request, secrets), file=sys.stderr)


def examples(function: Loaded) -> dict[str, str]:
    """Return a word for each required setting that has none: a request that is not sent needs no key."""
    return {field.name: field.name.upper() for field in function.fields if field.required}


def _printer(*, pretty: bool) -> Write:
    def write(document: Any) -> None:
        print(as_json(document, indent=2 if pretty else None), flush=True)

    return write


def _failure(sample: Sample, error: SailorError) -> str:
    lines = describe(error).splitlines()
    return "\n".join([f"{sample.name}: {error.to_json()['name']}", *(f"  {line}" for line in lines)])
