"""A request's body as JSON, whoever writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lib.api.json_body import write


@dataclass(frozen=True)
class Long:
    """Stands for a long text: Hypothesis warns of values that it cannot print in short."""

    text: str


PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
LONG = st.text(min_size=1, max_size=5).map(Long)


def fill(value: Any) -> Any:
    """Return the value with the long texts in it."""
    if isinstance(value, Long):
        return value.text * 30_000
    if isinstance(value, list):
        return [fill(item) for item in value]
    return {name: fill(member) for name, member in value.items()} if isinstance(value, dict) else value


@given(st.recursive(PLAIN | st.just("\ud800") | LONG, lambda part: st.lists(part) | st.dictionaries(st.text(), part)))
def test_what_is_written_reads_as_what_json_writes(value: Any) -> None:
    body = fill(value)
    assert json.loads(write(body)) == json.loads(json.dumps(body))
