"""Tables as files for a spreadsheet: no text of a person is ever a formula there, and Swedish Excel opens it by itself.

Excel in Swedish wants a byte order mark, semicolons, a decimal comma and lines that end in CR LF. Numbers stay
numbers, dates are written 2027-03-01. A text that a spreadsheet would read as a formula begins with an apostrophe,
which tells it to show the rest as it is; line breaks become blanks, for a row is a line, and invisible signs vanish.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from numbers import Real
from typing import Any

from data.spelling import slug

FORMULA = ("=", "+", "-", "@", "|", "%")  # the last two begin formulas in other programs than Excel
LONGEST_NAME = 80


def written(head: Sequence[Any], rows: Iterable[Sequence[Any]]) -> bytes:
    """The table as a file: its columns' names, then each row; None is an empty cell."""
    text = io.StringIO()
    lines = csv.writer(text, delimiter=";", lineterminator="\r\n")
    for row in (head, *rows):
        lines.writerow([cell(value) for value in row])
    return text.getvalue().encode("utf-8-sig")


def cell(value: Any) -> str:
    """One value as it stands in the file."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Real) and not isinstance(value, bool):
        return str(value).replace(".", ",")
    return _harmless(str(value))


def _harmless(text: str) -> str:
    seen = "".join(sign for sign in text if unicodedata.category(sign) not in ("Cf", "Cs"))
    shown = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", seen).strip()
    # A spreadsheet may read the wide ＝ as the narrow one.
    return f"'{shown}" if unicodedata.normalize("NFKC", shown).startswith(FORMULA) else shown


def file_name(*parts: str) -> str:
    """A name that every system takes, such as lediga-lokaler-2027-03-01.csv."""
    return f"{slug(' '.join(parts))[:LONGEST_NAME].strip('-') or 'data'}.csv"
