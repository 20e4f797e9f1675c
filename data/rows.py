"""Reads a register file row by row and says in one sentence which file, row and value is wrong."""

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

FOLDER = Path(__file__).parent

T = TypeVar("T")


class RegisterError(Exception):
    """A register file is missing or broken; the message is one sentence that names file and row."""


class Row:
    """One row of a register file that can say which of its values is wrong."""

    def __init__(self, file: str, number: int, values: dict[str, str]):
        self._where = f"The register {file} is broken at row {number}"
        self._values = values

    def text(self, column: str) -> str:
        value = self.optional(column)
        if value is None:
            raise RegisterError(f"{self._where}: {column} is empty.")
        return value

    def optional(self, column: str) -> str | None:
        if self._values.get(column) is None:
            raise RegisterError(f"{self._where}: the column {column} is missing.")
        return self._values[column].strip() or None

    def code(self, column: str, length: int) -> str:
        value = self.text(column)
        if len(value) != length or not value.isdecimal():
            raise RegisterError(f"{self._where}: {column} is {value!r}, not {length} digits.")
        return value

    def count(self, column: str) -> int:
        return self._convert(column, self.text(column), int, "whole number")

    def optional_count(self, column: str) -> int | None:
        value = self.optional(column)
        return None if value is None else self._convert(column, value, int, "whole number")

    def degrees(self, column: str) -> float:
        value = self._convert(column, self.text(column), float, "number")
        if not -180 <= value <= 180:
            raise RegisterError(f"{self._where}: {column} is {value}, not an angle.")
        return value

    def _convert(self, column: str, value: str, kind: Callable[[str], T], word: str) -> T:
        try:
            return kind(value)
        except ValueError:
            raise RegisterError(f"{self._where}: {column} is {value!r}, not a {word}.") from None


def text_of(file: str) -> str:
    try:
        return (FOLDER / file).read_text(encoding="utf-8")
    except OSError as error:
        raise RegisterError(f"The register {file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise RegisterError(f"The register {file} is broken: it is not UTF-8.") from None


def _rows(file: str) -> Iterator[Row]:
    reader = csv.DictReader(text_of(file).splitlines(), strict=True)
    try:
        for values in reader:
            yield Row(file, reader.line_num, values)
    except csv.Error as error:
        raise RegisterError(f"The register {file} is broken at row {reader.line_num}: {error}.") from None


def read(file: str, build: Callable[[Row], T], key: Callable[[T], str] | None = None) -> tuple[T, ...]:
    """All rows of a file; an empty file and, where a key is given, a repeated key are faults."""
    items = tuple(build(row) for row in _rows(file))
    if not items:
        raise RegisterError(f"The register {file} is broken: it has no rows.")
    if key and len({key(item) for item in items}) < len(items):
        raise RegisterError(f"The register {file} is broken: a key occurs twice.")
    return items
