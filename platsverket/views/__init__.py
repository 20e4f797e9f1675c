"""The pages and the API: one file per noun, each reads a request, calls one service and shows its answer."""

from __future__ import annotations

from flask import Flask
from flask_wtf.csrf import CSRFProtect

from platsverket.views import (
    accounts,
    agreements,
    calendars,
    decisions,
    desk,
    events,
    maps,
    me,
    needs,
    offers,
    places,
    proposals,
    refills,
    rounds,
    searches,
    start,
    statistics,
)
from platsverket.views.api import register as register_api


def register(app: Flask, csrf: CSRFProtect) -> None:
    pages = (
        start,
        offers,
        needs,
        rounds,
        refills,
        desk,
        maps,
        decisions,
        proposals,
        agreements,
        accounts,
        events,
        me,
        calendars,
        searches,
        statistics,
        places,
    )
    for view in pages:
        app.register_blueprint(view.blueprint)
    register_api(app, csrf)
