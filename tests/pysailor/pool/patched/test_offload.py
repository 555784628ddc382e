"""What is done on a thread of gevent's."""

from __future__ import annotations

import pytest

from pysailor.pool.greenlets import Greenlets


def test_what_fails_there_is_raised_here_and_written_nowhere(capfd: pytest.CaptureFixture[str]) -> None:
    pool = Greenlets()
    assert pool.offload(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        pool.offload(divmod, 7, 0)
    assert capfd.readouterr().err == ""
