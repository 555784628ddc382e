"""A step of a flow for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.stage import Stage, staged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.broker import Rabbit


@pytest.fixture
def stage(broker: Rabbit, tmp_path: Path) -> Iterator[Stage]:
    with staged(broker, tmp_path) as made:
        yield made
