"""Runs pytest in a process that is patched for greenlets: `python -m tests.support.in_greenlets [arguments]`.

What a worker is made of in such a test runs on greenlets; processes that `Stage` starts get PYSAILOR_POOL from here.
"""

from gevent import monkey

monkey.patch_all()

import os  # noqa: E402 - after the patch, as all else
import sys  # noqa: E402

import pytest  # noqa: E402

os.environ["TEST_POOL"] = "greenlets"
sys.exit(pytest.main(sys.argv[1:]))
