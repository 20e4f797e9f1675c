"""Refills of a published round: begin one at once, release one that is done."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _

from platsverket import refills
from platsverket.web import by, config, db, rule
from platsverket.words import counted as ngettext

blueprint = Blueprint("refills", __name__, url_prefix="/rounds")


@blueprint.post("/<ref>/refill")
@rule("round.steer")
def start(ref: str) -> Any:
    refills.start(db(), by(), config(), ref)
    flash(_("The round is being filled up. The refill stands below when it is done."), "success")
    return redirect(url_for("rounds.show", ref=ref, _anchor="refills"), 303)


@blueprint.post("/<ref>/runs/<run_ref>/release")
@rule("round.steer")
def release(ref: str, run_ref: str) -> Any:
    made = refills.release(db(), by(), config(), ref, run_ref)
    flash(
        ngettext(
            "The refill is published with %(num)s proposal.", "The refill is published with %(num)s proposals.", made
        ),
        "success",
    )
    return redirect(url_for("rounds.show", ref=ref, _anchor="refills"), 303)
