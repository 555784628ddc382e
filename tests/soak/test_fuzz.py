"""A hundred thousand random messages, answers, streams, refusals, bodies and settings: each ends well, or with a name.

FUZZ_SEED chooses others, FUZZ_CASES another number. What fails is written to tests/corpus, which the usual tests run.
"""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.support.fuzz.run import CORPUS, Failure, failures

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.soak

SEED = int(os.environ.get("FUZZ_SEED", "1"))
CASES = int(os.environ.get("FUZZ_CASES", "100000"))
SHARES = {"message": 0.3, "answer": 0.2, "stream": 0.2, "refusal": 0.15, "settings": 0.05, "step": 0.1}
"""By what a case costs: they take between a quarter of a millisecond and ten."""


def find(target: str, first: int, count: int) -> list[Failure]:
    return list(failures(SEED, target, first, count))


def test_no_random_input_crashes_or_hangs_or_fails_without_a_name(tell: Callable[[str], None]) -> None:
    with ProcessPoolExecutor(2) as pool:
        parts = []
        for target, share in SHARES.items():
            half = int(CASES * share) // 2
            parts += [pool.submit(find, target, first, half) for first in (0, half)]
        found = [failure for part in parts for failure in part.result()]
    tell(f"{CASES} cases with seed {SEED}: {len(found)} failed")
    kept = [f"{failure.keep(CORPUS)}: {failure.why.splitlines()[-1]}" for failure in found]
    assert kept == []
