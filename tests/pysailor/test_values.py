"""Values that are made fast are values all the same."""

from __future__ import annotations

from dataclasses import field, replace

import pytest

from pysailor import frozen


@frozen
class Point:
    """A place."""

    x: int
    y: int = 0
    names: tuple[str, ...] = field(default_factory=tuple)


def test_equal_members_make_equal_values() -> None:
    assert Point(1, 2) == Point(1, y=2)
    assert {Point(1): "here"}[Point(1, 0)] == "here"
    assert replace(Point(1), y=3) == Point(1, 3)


def test_a_value_has_its_members_and_no_others() -> None:
    with pytest.raises(AttributeError):
        object.__setattr__(Point(1), "z", 3)
