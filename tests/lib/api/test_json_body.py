"""A request's body as JSON, whoever writes it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lib.api.json_body import write

PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
LARGE = st.text(min_size=1, max_size=5).map(lambda text: text * 30_000)


@given(st.recursive(PLAIN | st.just("\ud800") | LARGE, lambda part: st.lists(part) | st.dictionaries(st.text(), part)))
def test_what_is_written_reads_as_what_json_writes(body: Any) -> None:
    assert json.loads(write(body)) == json.loads(json.dumps(body))
