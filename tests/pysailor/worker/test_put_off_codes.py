"""Why a message is put off is known by a code, in the log and in the metrics: its sentence may quote the message."""

from __future__ import annotations

import pytest

from pysailor import Rebound
from pysailor.worker.failure import code_of


@pytest.mark.parametrize(
    ("error", "code"),
    [(Rebound("not now"), "rebound"), (Rebound("no quota", code="quota"), "quota"), (Rebound(longest=5.0), "rebound")],
)
def test_the_code_is_what_stands_in_the_way(error: Rebound, code: str) -> None:
    assert code_of(error) == code
    assert error.to_json()["code"] == code


class Busy(Rebound):
    """A component's own."""

    code = "busy"


def test_a_class_may_have_a_code_of_its_own() -> None:
    assert code_of(Busy("now")) == "busy"
