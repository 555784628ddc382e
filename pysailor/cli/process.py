"""`pysailor process`: take samples through a step."""

from __future__ import annotations

import argparse
import json
import logging
import shlex
import sys
from typing import TYPE_CHECKING, Any

from pysailor.context import Data, HttpReply, Partial
from pysailor.errors import BrokenComponent, SailorError
from pysailor.step import Call, Step

from .desk import BadUsage, Desk, Sample, add_settings, masked, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pysailor.component import Loaded
    from pysailor.context import Event
    from pysailor.message import HttpRequest

_EXAMPLE = """\
example:
  pysailor process sendRequest samples/sendRequest/hello.json --cfg model=gpt-5.4-mini --pretty

Without a key or a base URL the component's own server answers, and says so.
Each emitted message is one line of JSON on standard output; everything else goes to standard error.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "process",
        help="take samples through a step and print what it emits",
        description="Take samples through a step and print each emitted message as JSON.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    parser.add_argument("samples", metavar="SAMPLE", nargs="+", help="a sample file, or - for standard input")
    add_settings(parser)
    parser.add_argument("--dry-run", action="store_true", help="send nothing; print the exact request and a curl line")
    parser.add_argument("--pretty", action="store_true", help="print JSON over several lines")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; give 1 if any sample failed. One sample's failure does not keep the others from being tried."""
    show = _show if args.dry_run else _process
    failed = 0
    with Desk(args) as desk:
        function = loaded(desk, args.function)
        samples = [Sample.read(name) for name in args.samples]
        for number, sample in enumerate(samples, 1):
            _tell_progress(number, len(samples), sample)
            try:
                show(desk, function, sample, _printer(pretty=args.pretty))
            except BadUsage:
                raise
            except SailorError as error:
                failed = 1
                cfg = {**desk.environment, **sample.cfg, **desk.given}
                print(masked(_told(sample, error), desk.secrets(cfg)), file=sys.stderr)
    return failed


def _tell_progress(number: int, of: int, sample: Sample) -> None:
    if of > 1 and sys.stderr.isatty():
        say(f"{number}/{of} {sample.name}")


def loaded(desk: Desk, name: str) -> Loaded:
    """Load the function that the command names; a wrong name is a wrong command."""
    try:
        desk.component.descriptor.function(name)
    except BrokenComponent as error:
        raise BadUsage(str(error)) from error
    return desk.component.function(name)


def _process(desk: Desk, function: Loaded, sample: Sample, write: Callable[[Any], None]) -> None:
    step = Step(function, desk.settings(sample.cfg, sample.scenario), snapshot=sample.snapshot)
    listener = _Listener(write)
    try:
        step.process(sample.message, Call(listener, logging.getLogger("component")))
    finally:
        listener.end_line()
        step.close()


class _Listener:
    """Prints what a step emits: messages as results, the words of an answer that is being made as they come."""

    def __init__(self, write: Callable[[Any], None]) -> None:
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


def _show(desk: Desk, function: Loaded, sample: Sample, write: Callable[[Any], None]) -> None:
    """Print the request that would be sent. Nothing is started or sent for it."""
    preview = function.hook("preview")
    if preview is None:
        raise BadUsage(f"{function.declared.name} cannot show its request: its module has no function preview")
    cfg = {**examples(function), **desk.environment, **sample.cfg, **desk.given}
    step = Step(function, cfg)
    call = Call(_Listener(write), logging.getLogger("component"))
    request: HttpRequest = preview(step.accept(sample.message), step.cfg, step.context(call))
    hidden = desk.secrets(cfg)
    shown = {
        "method": request.method,
        "url": request.url,
        "headers": {name: masked(value, hidden) for name, value in request.headers.items()},
        "body": request.body,
    }
    write(shown)
    print(masked(_curl(request), hidden), file=sys.stderr)


def examples(function: Loaded) -> dict[str, str]:
    """Give a word for each required setting that has none: a request that is not sent needs no key."""
    return {field.name: field.name.upper() for field in function.fields if field.required}


def _curl(request: HttpRequest) -> str:
    parts = ["curl", request.url, "-X", request.method]
    for name, value in request.headers.items():
        parts += ["-H", f"{name}: {value}"]
    return shlex.join([*parts, "-d", json.dumps(request.body, ensure_ascii=False)])


def _printer(*, pretty: bool) -> Callable[[Any], None]:
    def write(document: Any) -> None:
        print(json.dumps(document, ensure_ascii=False, indent=2 if pretty else None), flush=True)

    return write


def _told(sample: Sample, error: SailorError) -> str:
    lines = str(error).splitlines()
    return "\n".join([f"{sample.name}: {error.to_json()['name']}", *(f"  {line}" for line in lines)])
