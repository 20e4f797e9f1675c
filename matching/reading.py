"""Every fault of a JSON file is reported, each with its path; nothing is repaired and nothing is guessed.

A *reader* takes a value and its path and returns what it stands for, or notes a fault and returns ``None``. Readers
are composed by :meth:`Faults.record` and :func:`listing`; ``market_file.py`` and ``plan.py`` are their only users.
"""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

MOST_BYTES = 128 * 1024 * 1024
REQUIRED = object()

SENTENCES = {
    "unreadable": "the file cannot be read: {why}",
    "too_large_file": "the file holds {bytes} bytes; at most {most} are read",
    "not_utf8": "the text is not UTF-8 (byte {byte})",
    "not_json": "this is not JSON: {why} (line {line}, column {column})",
    "too_deep": "the lists and objects are nested too deeply",
    "repeated_key": "the key {key} stands more than once in this object",
    "unknown_key": "this key is not known here",
    "missing": "this key is missing",
    "type": "{value} is not {expected}",
    "format": "{value} is not the format {expected}",
    "not_finite": "{value} is not a finite number",
    "too_small": "{value} is below {least}",
    "too_large": "{value} is above {most}",
    "empty": "this must not be empty",
    "not_text": "this text holds half a character (a lone surrogate)",
    "not_a_date": "{value} is not a date that exists (YYYY-MM-DD)",
    "not_one_of": "{value} is not one of {choices}",
    "repeated": "{value} stands here more than once",
    "duplicate_id": "the id {value} is already used at {first}",
    "unknown_need": "no need has the id {value}",
    "unknown_offer": "no offer has the id {value}",
    "until_before_from": "until {until} lies before from {start}",
    "latest_before_earliest": "latest_start {latest} lies before earliest_start {earliest}",
    "overlap": "this span shares days with {other}",
    "bar_shape": "a bar names an offer and either a need or an agency, not both",
    "need_repeated": "the need {need} already stands at {first}",
    "lock_barred": "the lock of {need} to {offer} is also ruled out at {bar}",
    "lock_dates": "{need} from {start} until {until} does not lie inside one availability of {offer}",
    "lock_capacity": "the locks use {used} of {seats} seats of {offer} on {day}",
    "lock_exclusive": "the locks put {used} needs into the exclusive offer {offer} on {day}",
    "total_too_large": "priority times seats of all needs adds up to {total}; at most {most} can be counted",
}


@dataclass(frozen=True)
class Fault:
    """One thing wrong at one JSON path: a code, the numbers of its sentence, and the sentence itself as ``str``."""

    path: str
    code: str
    numbers: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.path}: {SENTENCES[self.code].format(**self.numbers)}"


class UnusableError(ValueError):
    """A file or object cannot be used; ``faults`` holds everything found wrong with it, in reading order."""

    def __init__(self, faults: list[Fault]):
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))


class RepeatedKeys(dict[str, Any]):
    """A JSON object in whose text the keys ``repeated`` stood more than once."""

    repeated: tuple[str, ...] = ()


Reader = Callable[["Faults", Any, str], Any]


class Faults:
    """Collects faults while a value is read."""

    def __init__(self) -> None:
        self.found: list[Fault] = []

    def add(self, path: str, code: str, **numbers: Any) -> None:
        self.found.append(Fault(path, code, numbers))

    def record(self, value: Any, path: str, fields: Mapping[str, tuple[Reader, Any]]) -> dict[str, Any] | None:
        """Read an object with exactly these fields (name → reader and default, ``REQUIRED`` for none)."""
        if not isinstance(value, dict):
            self.add(path, "type", value=shown(value), expected="an object")
            return None
        before = len(self.found)
        for key in getattr(value, "repeated", ()):
            self.add(path, "repeated_key", key=shown(key))
        for key in value:
            if key not in fields:
                self.add(step(path, key), "unknown_key")
        read: dict[str, Any] = {}
        for name, (reader, default) in fields.items():
            if name in value:
                read[name] = reader(self, value[name], f"{path}.{name}")
            elif default is REQUIRED:
                self.add(f"{path}.{name}", "missing")
            else:
                read[name] = default
        return read if len(self.found) == before else None


def step(path: str, key: Any) -> str:
    """The path of a key, written so that it stays one line of plain text."""
    if isinstance(key, str) and re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,59}", key):
        return f"{path}.{key}"
    return f"{path}[{shown(key)}]"


def shown(value: Any) -> str:
    """A value as it may stand in one line of a message: short, escaped, never a whole list."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        return json.dumps(value[:40] + ("…" if len(value) > 40 else ""), ensure_ascii=not value.isprintable())
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**30 else "a number of more than 30 digits"
    if isinstance(value, float | bool) or value is None:
        return json.dumps(value)
    return type(value).__name__


def text(faults: Faults, value: Any, path: str) -> str | None:
    """A text of at least one character."""
    if not isinstance(value, str):
        faults.add(path, "type", value=shown(value), expected="a text")
    elif not value:
        faults.add(path, "empty")
    elif not value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in value):
        faults.add(path, "not_text")
    else:
        return value
    return None


def _number(faults: Faults, value: Any, path: str, least: float | None, most: float | None) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        faults.add(path, "not_finite", value=shown(value))
    elif least is not None and value < least:
        faults.add(path, "too_small", value=shown(value), least=least)
    elif most is not None and value > most:
        faults.add(path, "too_large", value=shown(value), most=most)
    else:
        return value
    return None


def whole(least: int | None = None, most: int | None = None) -> Reader:
    """A whole number within limits."""

    def read(faults: Faults, value: Any, path: str) -> int | None:
        if not isinstance(value, int) or isinstance(value, bool):
            faults.add(path, "type", value=shown(value), expected="a whole number")
            return None
        number: int | None = _number(faults, value, path, least, most)
        return number

    return read


def number(least: float | None = None, most: float | None = None) -> Reader:
    """A finite number within limits."""

    def read(faults: Faults, value: Any, path: str) -> float | None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            faults.add(path, "type", value=shown(value), expected="a number")
            return None
        found = _number(faults, value, path, least, most)
        return None if found is None else float(found)

    return read


@lru_cache(maxsize=65536)
def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
    except ValueError:
        return None


def day(faults: Faults, value: Any, path: str) -> date | None:
    """A calendar date written YYYY-MM-DD that exists."""
    found = _day(value) if isinstance(value, str) else None
    if found is None:
        faults.add(path, "not_a_date", value=shown(value))
    return found


def one_of(*choices: str) -> Reader:
    """One of a few words."""

    def read(faults: Faults, value: Any, path: str) -> str | None:
        if isinstance(value, str) and value in choices:
            return value
        faults.add(path, "not_one_of", value=shown(value), choices=", ".join(choices))
        return None

    return read


def exactly(expected: str) -> Reader:
    """The name of a file format."""

    def read(faults: Faults, value: Any, path: str) -> str | None:
        if value == expected and isinstance(value, str):
            return expected
        faults.add(path, "format", value=shown(value), expected=shown(expected))
        return None

    return read


def or_null(reader: Reader) -> Reader:
    """What ``reader`` takes, or null."""
    return lambda faults, value, path: None if value is None else reader(faults, value, path)


def _listing(reader: Reader, least: int, faults: Faults, value: Any, path: str) -> tuple[Any, ...] | None:
    if not isinstance(value, list | tuple):
        faults.add(path, "type", value=shown(value), expected="a list")
        return None
    if len(value) < least:
        faults.add(path, "empty")
    return tuple(reader(faults, item, f"{path}[{i}]") for i, item in enumerate(value))


def listing(reader: Reader, *, least: int = 0) -> Reader:
    """A list whose items ``reader`` takes; items with faults come back as ``None``."""
    return partial(_listing, reader, least)


def words(reader: Reader = text, *, least: int = 0) -> Reader:
    """A list of texts, none of them twice."""

    def read(faults: Faults, value: Any, path: str) -> tuple[str, ...] | None:
        found = _listing(reader, least, faults, value, path)
        seen: set[str] = set()
        for i, word in enumerate(found or ()):
            if word is not None and word in seen:
                faults.add(f"{path}[{i}]", "repeated", value=shown(word))
            seen.add(word)
        return found

    return read


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    marked = RepeatedKeys(found)
    marked.repeated = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return marked


def load(source: str | Path | bytes) -> object:
    """The JSON value in a file (path) or in bytes; what is none raises :class:`UnusableError` with one fault at ``$``.

    NaN and infinities pass, for the readers to name their paths; repeated keys stay visible as :class:`RepeatedKeys`.
    """
    data = source if isinstance(source, bytes) else _bytes_of(Path(source))
    if len(data) > MOST_BYTES:
        raise UnusableError([Fault("$", "too_large_file", {"bytes": len(data), "most": MOST_BYTES})])
    try:
        return json.loads(data.decode("utf-8-sig"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        fault = Fault("$", "not_utf8", {"byte": error.start})
    except json.JSONDecodeError as error:
        fault = Fault("$", "not_json", {"why": error.msg, "line": error.lineno, "column": error.colno})
    except RecursionError:
        fault = Fault("$", "too_deep")
    except ValueError:  # Python refuses to read a whole number of thousands of digits
        fault = Fault("$", "not_json", {"why": "a number of thousands of digits", "line": "?", "column": "?"})
    raise UnusableError([fault])


def _bytes_of(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UnusableError([Fault("$", "too_large_file", {"bytes": size, "most": MOST_BYTES})])
        with path.open("rb") as file:  # a device or a pipe has no honest size
            return file.read(MOST_BYTES + 1)
    except UnusableError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        why = getattr(error, "strerror", None) or str(error)
        raise UnusableError([Fault("$", "unreadable", {"why": why})]) from None
