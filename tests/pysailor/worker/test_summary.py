"""A line of the log that is put in words later tells what was so when it was logged."""

from __future__ import annotations

import io
import json

from pysailor import CallReport
from pysailor.log import BunyanFormatter, LogTo, Redaction
from pysailor.monitoring.observer import MessageReport
from pysailor.worker.summary import log_outcome


def test_what_a_component_counts_further_is_not_told_of_the_message_before() -> None:
    stream, units = io.StringIO(), {"tokens": 1}
    with LogTo(stream, BunyanFormatter({}, Redaction()), buffered=True):
        log_outcome(MessageReport("done", 0.1), [CallReport("model", "ok", 0.1, units=units)], {})
        units["tokens"] = 2
    line = json.loads(stream.getvalue())
    assert line["units"] == {"tokens": 1}
    assert line["msg"] == "done after 100 ms: 1 call, 1 try, 1 tokens"
