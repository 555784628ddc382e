"""Our component passes what any component must pass."""

from pathlib import Path

from pysailor.testing.standard import ComponentTests


class TestComponent(ComponentTests):
    root = Path(__file__).parents[2]
