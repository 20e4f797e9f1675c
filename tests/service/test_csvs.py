"""Tables as files: no text becomes a formula, and Swedish Excel reads numbers, letters and columns as they are."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from flask import Flask

from platsverket import csvs
from platsverket.web import csv_file

ATTACKS = (
    "=1+1", "+1+1", "-2+3", "@SUM(A1)", "=cmd|'/c calc'!A0", '=HYPERLINK("http://example.org","x")', "\t=1+1", "\r=1+1",
    "\n=1+1", " =1+1", "\u00a0=1+1", "\u200b=1+1", "\ufeff=1+1", "\x00=1+1", "\u202e=1+1", "＝1+1", "＋1", "－1",
    "＠A1", "|calc", "%0A=1+1", "\u00ad=1", "\x7f=1",
)  # fmt: skip


def _read(content: bytes) -> list[list[str]]:
    """As Excel in Swedish reads the file."""
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_text_is_a_formula(attack: str) -> None:
    """Whatever stands before it, a text that a spreadsheet would calculate begins with an apostrophe."""
    head, row = _read(csvs.written([attack], [[attack, "after"]]))
    assert head[0].startswith("'") and row[0].startswith("'")
    assert row[1:] == ["after"]


def test_numbers_and_dates_stay_what_they_are() -> None:
    """A number below zero is no formula; decimals have a comma, days are written as everywhere else, None is empty."""
    values = [-3, -2.5, 1234567, 0, date(2027, 3, 1), None, True]
    assert _read(csvs.written(["a"], [values]))[1] == ["-3", "-2,5", "1234567", "0", "2027-03-01", "", "True"]


def test_no_text_leaves_its_cell() -> None:
    """Semicolons, quotes and line breaks of a text neither open a new column nor a new row."""
    hostile = ['a;b";"c', "two\r\nlines", "tab\there", "Åäö – 1\u202f000 m²"]
    rows = _read(csvs.written(["w", "x", "y", "z"], [hostile, ["1", "2", "3", "4"]]))
    assert rows[1] == ['a;b";"c', "two lines", "tab here", "Åäö – 1 000 m²"]
    assert len(rows) == 3 and all(len(row) == 4 for row in rows)


def test_swedish_excel_knows_the_file() -> None:
    """It begins with a byte order mark, and its lines end as Windows ends them."""
    assert (
        csvs.written(["Län", "Platser"], [["Örebro län", 5]])
        == b"\xef\xbb\xbf" + "Län;Platser\r\nÖrebro län;5\r\n".encode()
    )


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("Lediga lokaler, Örebro län", "lediga-lokaler-orebro-lan.csv"),
        ("../../etc/passwd", "etc-passwd.csv"),
        ('a"\r\nSet-Cookie: x', "a-set-cookie-x.csv"),
        ("", "data.csv"),
        ("å" * 200, "a" * 80 + ".csv"),
    ],
)
def test_a_file_is_named_after_what_it_holds(app: Flask, name: str, file: str) -> None:
    """No name leads to another folder or writes a header of its own."""
    with app.test_request_context():
        answer: Any = csv_file(name, ["a"], [])
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file}"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
