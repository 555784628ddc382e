"""Run cases: `python -m tests.support.fuzz.run SEED TARGET FIRST COUNT` runs them, and keeps those that fail.

The same seed, target and number make the same case, whatever ran before.
"""

from __future__ import annotations

import json
import logging
import random
import signal
import sys
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.errors.catalog import CATALOG
from pysailor import SailorError
from pysailor.error_catalog import RUNTIME_ERRORS

from .targets import TARGETS

if TYPE_CHECKING:
    from collections.abc import Iterator

CORPUS = Path(__file__).parents[2] / "corpus"
LONGEST = 5.0
"""Seconds for one case; a usual one takes a millisecond."""


class Hangs(BaseException):
    """A case took too long."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that crashed, hung, or raised what has no name."""

    target: str
    name: str
    case: Any
    why: str

    def keep(self, folder: Path) -> Path:
        """Write the case where the tests find it."""
        file = folder / self.target / f"{self.name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"why": self.why.splitlines()[-1], "case": self.case}, indent=1) + "\n")
        return file


def run_case(target: str, case: Any) -> str:
    """Return why a case fails, "" if it does not."""
    signal.signal(signal.SIGALRM, _hang)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        TARGETS[target].take(case)
    except SailorError as error:
        return _name(error)
    except BaseException:  # noqa: BLE001 - that is what is looked for
        return traceback.format_exc()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return ""


def failures(seed: int, target: str, first: int, count: int) -> Iterator[Failure]:
    """Run so many cases, and yield those that fail."""
    for number in range(first, first + count):
        case = TARGETS[target].make(random.Random(f"{seed}/{target}/{number}"))  # noqa: S311 - reproducible by intent
        case = json.loads(json.dumps(case))  # as it is kept
        why = run_case(target, case)
        if why:
            yield Failure(target, f"{seed}-{number}", case, why)


def corpus() -> list[Path]:
    """Return the kept cases."""
    return sorted(CORPUS.glob("*/*.json"))


def _name(error: SailorError) -> str:
    """Return what is wrong with an error, "" for nothing: it has a known code, a text, and can be written as JSON."""
    try:
        text, document = str(error), json.dumps(error.to_json())
    except Exception:  # noqa: BLE001 - an error that cannot describe itself is a failure, too
        return traceback.format_exc()
    if error.code == "defect":
        return f"{document}\na defect: {text}"
    known = error.code in CATALOG or error.code in RUNTIME_ERRORS
    return "" if known and text else f"no name: {document}"


def _hang(*_: object) -> None:
    raise Hangs


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    seed, target, first, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    found = 0
    for failure in failures(seed, target, first, count):
        found += 1
        print(f"--- {failure.keep(CORPUS)}\n{failure.why}")  # noqa: T201 - a program
    print(f"{count} cases of {target} from {first} with seed {seed}: {found} failed")  # noqa: T201
    sys.exit(min(found, 1))
