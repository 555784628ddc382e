from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from pysailor.store import Store, open_store
from tests.support.servers import postgresql_url, redis_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["postgresql_url", "redis_url"]

SHARED = ("sqlite", "postgresql", "redis")


def _address(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if kind == "memory":
        return "memory:"
    if kind == "sqlite":
        return f"sqlite:///{tmp_path / 'kept.sqlite'}"
    return str(request.getfixturevalue(f"{kind}_url"))


@pytest.fixture(params=SHARED)
def shared_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of a store that several processes can share."""
    return _address(request.param, request, tmp_path)


@pytest.fixture(params=("memory", *SHARED))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """Return a store of each kind."""
    with open_store(_address(request.param, request, tmp_path)) as opened:
        yield opened


@pytest.fixture
def key() -> str:
    """Return a key that nobody else has, since tests share the servers."""
    return f"test/{uuid4().hex}"
