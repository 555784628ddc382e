"""What to do when a run has ended, by how it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysailor.flow.run import CannotResume

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysailor.flow.run import FlowRun


def advise(
    run: FlowRun, outcome: str, name: str, failure: BaseException | None = None, *, is_gone: bool = False
) -> Iterator[str]:
    """Yield what to do. `failure` is what ended the run early; `is_gone` is whether its input cannot be read again."""
    resume = f"pysailor flow run --resume {name}"
    failed = bool(run.failures or run.failed_before)
    if outcome == "done":
        return
    if is_gone or _listens(run):
        source = "its input from a pipe, which is gone" if is_gone else "requests, which do not come again"
        yield f"it took {source}: this run cannot go on. To do what is left or failed, start a new one with that"
    elif isinstance(failure, CannotResume):
        yield f"put back what has changed, then go on: {resume}; or start a new run, without --resume"
    elif failure is not None:
        yield f"once that is corrected: {resume}{_also(failed)}"
    elif outcome == "failed":
        yield f"to try again what failed: {resume} --retry-failed"
    else:
        yield f"to go on: {resume}{_also(failed)}"


def _also(failed: bool) -> str:
    return "; with --retry-failed, what failed is tried again, too" if failed else ""


def _listens(run: FlowRun) -> bool:
    """Return whether the flow begins with requests that came from elsewhere."""
    address = None if run.source is None else run.source.step.function.hook("address")
    return bool(address is not None and run.source is not None and address(run.source.step.cfg))
