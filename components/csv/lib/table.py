"""Rows of a CSV file, each fault told with its place."""

from __future__ import annotations

import csv
import re
from collections import Counter
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from .text import LONGEST_LINE, UnreadableFile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_DELIMITERS = ",;\t|"
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,15})?([eE][+-]?\d{1,2})?")
_WORDS = {"true": True, "TRUE": True, "false": False, "FALSE": False}
_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class Table:
    """How a file is written; `skip` is called with each broken line that is left out, None to end there."""

    name: str
    delimiter: str = ","
    has_header: bool = True
    converts: bool = False
    skip: Callable[[str], None] | None = None

    def read(self, lines: Iterator[str]) -> Iterator[dict[str, Any]]:
        """Yield each row by the names of its columns; raise UnreadableFile at a broken line."""
        first = list(islice(lines, _LOOKED_AT))
        delimiter = self.delimiter or find_delimiter(first[:1])
        records = self._records(chain(first, lines), delimiter)
        columns: list[str] | None = None
        for number, values in records:
            if columns is None:
                columns = self._columns(values, number)
                if self.has_header:
                    continue
            try:
                yield self._row(columns, values, number)
            except UnreadableFile as error:
                self._leave_out(error)

    def _records(self, lines: Iterable[str], delimiter: str) -> Iterator[tuple[int, list[str]]]:
        """Yield the number of the first line of each record, and its values."""
        csv.field_size_limit(LONGEST_LINE)  # of the whole process; its own limit, 128 KiB, is less than a letter takes
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            begins = reader.line_num + 1
            try:
                values = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._leave_out(UnreadableFile(self._describe(error, begins, reader.line_num)))
                continue
            if values:
                yield begins, values

    def _leave_out(self, error: UnreadableFile) -> None:
        if self.skip is None:
            raise error
        self.skip(str(error))

    def _describe(self, error: csv.Error, begins: int, ends: int) -> str:
        if "unexpected end" in str(error) or "field larger" in str(error):
            return f'{self.name}:{begins}: a quote (") is opened in this record, and not closed up to line {ends}.'
        if "expected after" in str(error):
            return (
                f'{self.name}:{ends}: something stands behind the quote (") that closes a value. '
                'A quote inside of a value is written twice ("").'
            )
        return f"{self.name}:{ends}: this is not CSV: {error}."

    def _columns(self, values: list[str], number: int) -> list[str]:
        """Return the columns' names: those of the header, column0 and so on where it has none."""
        if not self.has_header:
            return [f"column{n}" for n in range(len(values))]
        while len(values) > 1 and not values[-1].strip():
            values = values[:-1]
        names = [value.strip() or f"column{n}" for n, value in enumerate(values)]
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise UnreadableFile(
                f'{self.name}:{number}: the column "{twice[0]}" is there twice. Name each column differently.'
            )
        return names

    def _row(self, columns: list[str], values: list[str], number: int) -> dict[str, Any]:
        if len(values) > len(columns) and not any(values[len(columns) :]):
            values = values[: len(columns)]
        if len(values) != len(columns):
            raise UnreadableFile(
                f"{self.name}:{number}: has {_count(len(values))}, but there are {len(columns)} columns "
                f"({', '.join(columns)[:200]})."
            )
        return dict(zip(columns, map(convert, values) if self.converts else values, strict=True))


def find_delimiter(first: list[str]) -> str:
    """Return the sign that parts the values of the first line most often, outside of quotes; a comma if none does."""
    bare = re.sub(r'"[^"]*"', "", "".join(first))
    return max(_DELIMITERS, key=bare.count)


def convert(text: str) -> Any:
    """Return a number, true or false where the text is just that; other texts, and numbers such as 007, as they are."""
    if text in _WORDS:
        return _WORDS[text]
    if not _NUMBER.fullmatch(text):
        return text
    return int(text) if text.lstrip("-").isdigit() else float(text)


def _count(values: int) -> str:
    return "1 value" if values == 1 else f"{values} values"
