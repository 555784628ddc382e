"""What comes with the runtime for a component's own tests.

`run_step`, `choices` and `verify` ask one thing of a component as the platform would; `pysailor.testing.standard` has
the tests that any component must pass. `MemoryTransport` carries messages to a worker and from it, without a broker.
"""

import sys

if "pytest" in sys.modules:  # so that a failed assertion of the standard tests shows what was found
    import pytest

    pytest.register_assert_rewrite("pysailor.testing.standard")

from ..transport.memory import MemoryTransport
from .steps import choices, run_step, verify

__all__ = ["MemoryTransport", "choices", "run_step", "verify"]
