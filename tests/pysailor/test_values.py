"""Values that are made fast are values all the same."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, field, replace

import pytest

from pysailor import Message, frozen


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


@frozen
class Account:
    name: str
    key: str = field(default="", repr=False)
    cache: list[int] = field(default_factory=list, compare=False)

    def __hash__(self) -> int:
        return 7


@frozen
class Nothing:
    pass


def test_a_value_shows_what_may_be_shown() -> None:
    assert repr(Point(1)) == "Point(x=1, y=0, names=())"
    assert repr(Account("a", "secret", [1])) == "Account(name='a', cache=[1])"
    assert repr(Nothing()) == "Nothing()"
    assert repr(type("Place", (Point,), {})(1)) == "Place(x=1, y=0, names=())"


def test_only_what_counts_is_compared_and_own_methods_are_kept() -> None:
    assert Account("a", cache=[1]) == Account("a", cache=[2])
    assert Account("a") != Account("b")
    assert hash(Account("a")) == 7
    assert Nothing() == Nothing()
    assert hash(Nothing()) == hash(Nothing())
    other: object = (1, 0, ())
    assert other != Point(1)
    with pytest.raises(TypeError):
        hash(Point(1, names=[]))  # type: ignore[arg-type]


def test_a_value_is_matched_by_position_copied_and_pickled() -> None:
    match Point(1, 2):
        case Point(x, y):
            assert (x, y) == (1, 2)
    assert copy.deepcopy(Point(1)) == Point(1)
    assert pickle.loads(pickle.dumps(Point(1))) == Point(1)  # noqa: S301 - our own


def test_a_component_is_told_that_the_message_it_was_given_cannot_be_changed() -> None:
    given = Message(body={"word": "one"})
    with pytest.raises(FrozenInstanceError):
        given.body = {}  # type: ignore[misc]
