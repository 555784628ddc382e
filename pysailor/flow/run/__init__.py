"""A flow run in this process: each step through `Step`, prefetch-many at a time, with flat memory and a ledger."""

from .errors import CannotResume, FlowStopped, InvalidRow
from .folder import RunFolder, find_run
from .history import History
from .inputs import open_input
from .ledger import RunLedger
from .plan import RunPlan, StepPlan
from .runner import FlowRun
from .tally import StepTally

__all__ = [
    "CannotResume",
    "FlowRun",
    "FlowStopped",
    "History",
    "InvalidRow",
    "RunFolder",
    "RunLedger",
    "RunPlan",
    "StepPlan",
    "StepTally",
    "find_run",
    "open_input",
]
