"""Statistics for anyone: a year in pictures, tables and files, where seats are wanted, and how it is all counted."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, request, url_for

import data
from platsverket import savings, year_pictures, yearly
from platsverket import wanted as wanted_now
from platsverket.database import this_day
from platsverket.errors import Refused
from platsverket.web import by, config, csv_file, db, page, paging, rule

EXAMPLE = 1000  # seat-days, as the page about the method writes it out
blueprint = Blueprint("statistics", __name__, url_prefix="/statistics")


@blueprint.get("")
@rule("public")
def index() -> Any:
    today, here = this_day(), paging()
    choices = yearly.years(db(), today)
    found = _found(choices, today)
    period = found.period
    organisations = found.organisations.largest_first()
    total = found.counties.total()
    chosen = {"year": period.first.year} if period.is_year else _asked_months()
    return page(
        "statistics/index.html",
        found=found, demand=wanted_now.demand_now(db(), by(), config(), today), pictures=year_pictures, today=today,
        organisations=organisations[here.offset : here.offset + here.size], totals=total, total=len(organisations),
        paging=here, saved=savings.of(config(), total["used"] or 0),
        years=[(one, url_for("statistics.index", year=one), period == yearly.Period.year(one)) for one in choices],
        months=_months(choices) if found.full else [],
        month_values={"from": period.codes[0], "until": period.codes[-1]},
        file_of=lambda table: url_for("statistics.file", table=table, **chosen),
    )  # fmt: skip


def _found(choices: list[int], today: date) -> yearly.Year:
    """The year asked for by ?year=, for coordinators the months by ?from= and ?until=.

    Or this year; while nothing that can be told is offered in it, the first after it in which something is.
    """
    months, asked = _asked_months(), request.args.get("year", "")

    def of(period: yearly.Period) -> yearly.Year:
        return yearly.latest(db(), by(), config(), period, today)

    if yearly.viewer_is_full(by()) and set(months.values()) <= set(_months(choices)):
        return of(yearly.Period.months(months["from"], months["until"]))
    if asked in {str(year) for year in choices}:
        return of(yearly.Period.year(int(asked)))
    this_year = of(yearly.Period.year(today.year))
    coming = (of(yearly.Period.year(year)) for year in choices if year > today.year)
    return next((found for found in (this_year, *coming) if found.counties.total()["offered"]), this_year)


def _asked_months() -> dict[str, str]:
    return {name: request.args.get(name, "") for name in ("from", "until")}


def _months(choices: list[int]) -> list[str]:
    return [code for year in choices for code in yearly.Period.year(year).codes]


@blueprint.get("/file.csv")
@rule("public")
def file() -> Any:
    """One table as a file: ?table= names it."""
    today, which = this_day(), request.args.get("table", "counties")
    if which not in year_pictures.TABLES:
        raise Refused("not_found")
    name = str(year_pictures.TABLES[which])
    if which == "demand":
        found = wanted_now.demand_now(db(), by(), config(), today, request.args.get("county", ""))
        return csv_file(f"{name} {today} {_county(found)}", *year_pictures.csv_of_demand(found))
    figures = _found(yearly.years(db(), today), today)
    return csv_file(f"{name} {year_pictures.period(figures)}", *year_pictures.csv_of(figures, which))


@blueprint.get("/wanted")
@rule("public")
def wanted() -> Any:
    """Where seats are wanted today: by county or, with ?county=, by the municipalities of one."""
    demand = wanted_now.demand_now(db(), by(), config(), this_day(), request.args.get("county", ""))
    csv_url = url_for("statistics.file", table="demand", county=demand.county or None)
    return page(
        "statistics/wanted.html", demand=demand, county=_county(demand), pictures=year_pictures, csv_url=csv_url
    )


def _county(demand: wanted_now.Demand) -> str:
    known = data.county(demand.county)
    return known.name if known else ""


@blueprint.get("/method")
@rule("public")
def method() -> Any:
    return page("statistics/method.html", example=savings.of(config(), EXAMPLE))
