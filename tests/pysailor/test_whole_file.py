"""Files that are read again later are whole, or as they were before."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from pysailor.whole_file import OWNER, make_whole, write_whole

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_there_gives_way_at_once(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", b"one")
    write_whole(tmp_path / "file", b"two")
    assert [(file.name, file.read_bytes()) for file in tmp_path.iterdir()] == [("file", b"two")]


def test_what_cannot_be_written_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "file", b"one")
    assert [file.name for file in tmp_path.iterdir()] == ["file"]


def test_of_many_who_make_a_file_one_has_its_way(tmp_path: Path) -> None:
    def make(number: int) -> bytes:
        make_whole(tmp_path / "file", b"%d" % number, OWNER)
        return (tmp_path / "file").read_bytes()

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(make, range(40)))) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["file"]
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == OWNER


def test_a_link_still_leads_to_the_file_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for content in (b"one", b"two"):
        write_whole(tmp_path / "link", content)
        assert (tmp_path / "file").read_bytes() == content
    assert (tmp_path / "link").is_symlink()
