"""Statistics for anyone: a year in pictures, tables and files, where seats are wanted, and how it is all counted."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, request, url_for

import data
from platsverket import savings, year_pictures, yearly
from platsverket.database import this_day
from platsverket.errors import Refused
from platsverket.web import by, config, csv_file, db, page, paging, rule, this_page

EXAMPLE = 1000  # seat-days, as the page about the method writes it out
blueprint = Blueprint("statistics", __name__, url_prefix="/statistics")


@blueprint.get("")
@rule("public")
def index() -> Any:
    today, here = this_day(), paging()
    choices = yearly.years(db(), today)
    year = _year(choices, today.year)
    found = yearly.latest(db(), by(), config(), year, today)
    demand = yearly.demand_now(db(), by(), config(), today)
    organisations = found.organisations.largest_first()
    total = found.counties.total()
    return page(
        "statistics/index.html",
        found=found, demand=demand, pictures=year_pictures, today=today, paging=here, total=len(organisations),
        organisations=organisations[here.offset : here.offset + here.size], totals=total,
        saved=savings.of(config(), total["used"] or 0),
        years=[(one, this_page(year=str(one), page="1"), one == year) for one in choices],
        file_of=lambda table: url_for("statistics.file", table=table, year=year),
    )  # fmt: skip


def _year(choices: list[int], default: int) -> int:
    """The year asked for by ?year=, or this one."""
    asked = request.args.get("year", "")
    return int(asked) if asked in {str(year) for year in choices} else default


@blueprint.get("/file.csv")
@rule("public")
def file() -> Any:
    """One table as a file: ?table= names it."""
    today, which = this_day(), request.args.get("table", "counties")
    if which not in year_pictures.TABLES:
        raise Refused("not_found")
    if which == "demand":
        found = yearly.demand_now(db(), by(), config(), today, request.args.get("county", ""))
        head, rows = year_pictures.csv_of_demand(found)
        return csv_file(f"{year_pictures.TABLES[which]} {today} {_county(found)}", head, rows)
    year = _year(yearly.years(db(), today), today.year)
    head, rows = year_pictures.csv_of(yearly.latest(db(), by(), config(), year, today), which)
    return csv_file(f"{year_pictures.TABLES[which]} {year}", head, rows)


@blueprint.get("/wanted")
@rule("public")
def wanted() -> Any:
    """Where seats are wanted today: by county or, with ?county=, by the municipalities of one."""
    demand = yearly.demand_now(db(), by(), config(), this_day(), request.args.get("county", ""))
    csv_url = url_for("statistics.file", table="demand", county=demand.county or None)
    return page(
        "statistics/wanted.html", demand=demand, county=_county(demand), pictures=year_pictures, csv_url=csv_url
    )


def _county(demand: yearly.Demand) -> str:
    known = data.county(demand.county)
    return known.name if known else ""


@blueprint.get("/method")
@rule("public")
def method() -> Any:
    return page("statistics/method.html", example=savings.of(config(), EXAMPLE))
