"""A message as a transport carries it."""

from __future__ import annotations

from pysailor.wire.envelope import Publish


def test_a_publish_that_is_tried_again_says_so() -> None:
    sent = Publish("to.data", b"content", {"messageId": "m"})
    assert sent.retry(3).headers == {"messageId": "m", "retry": 3}
    assert "retry" not in sent.headers
