"""Whatever rows are appended to a CSV file are read back as they were."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from pysailor import Data
from pysailor.component.builtin import locate_builtin
from pysailor.testing import run_step

ROOT = locate_builtin("csv")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6).map(lambda name: f"c{name.strip()}c")


@settings(max_examples=80, deadline=None)
@given(
    names=st.lists(NAMES, min_size=1, max_size=4, unique=True),
    values=st.lists(st.lists(TEXTS, min_size=4, max_size=4), min_size=1, max_size=4),
    delimiter=st.sampled_from([",", ";", "tab", "|"]),
)
def test_rows_come_back_as_they_were_written(names: list[str], values: list[list[str]], delimiter: str) -> None:
    rows = [dict(zip(names, each, strict=False)) for each in values]
    with TemporaryDirectory() as folder:
        cfg = {"path": str(Path(folder, "a.csv")), "url": str(Path(folder, "a.csv")), "delimiter": delimiter}
        for row in rows:
            run_step(ROOT, "append", {"row": row}, cfg=cfg)
        events = run_step(ROOT, "read", {}, cfg=cfg)
    assert [event.message.body for event in events if isinstance(event, Data)] == rows
