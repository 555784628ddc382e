from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from pysailor.store import Store, open_store
from tests.support.servers import SHARED, postgresql_url, redis_url, store_address

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["postgresql_url", "redis_url"]


@pytest.fixture(params=SHARED)
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a store that several processes can share."""
    return store_address(request.param, request, tmp_path)


@pytest.fixture(params=("memory", *SHARED))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return a store of each kind."""
    with open_store(store_address(request.param, request, tmp_path)) as opened:
        yield opened


@pytest.fixture
def key() -> str:
    """Return a key that nobody else has, since tests share the servers."""
    return f"test/{uuid4().hex}"
