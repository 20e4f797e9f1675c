"""The words of searches: what a criterion costs, and in which order premises stand."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext
from markupsafe import Markup

from platsverket.finding import Cost
from platsverket.words import FEATURES, ngettext

_ = lazy_gettext

CRITERIA = {
    "max_km": _("the largest distance"),
    "seats": _("the number of seats"),
    "area_m2": _("the area"),
    "dates": _("the dates"),
    "weekdays": _("the weekdays"),
    "agency": _("premises having to admit your organisation"),
}
SORTS = {"distance": _("Nearest"), "fit": _("Best fit"), "newest": _("Newest")}


CAPTIONS = {
    "distance": _("Premises, the nearest first"),
    "fit": _("Premises, the best fit first"),
    "newest": _("Premises, the newest first"),
}


def caption(sort: str) -> str:
    return str(CAPTIONS[sort])


def criterion(cost: Cost) -> str:
    """What is asked for, as it stands in a sentence after "without"."""
    if cost.criterion == "must":
        return gettext("the feature %(feature)s", feature=FEATURES[cost.feature])
    return str(CRITERIA[cost.criterion])


def without(cost: Cost) -> Markup:
    """How many more premises there would be without a criterion."""
    return ngettext(
        "%(num)s more premises without %(what)s", "%(num)s more premises without %(what)s",
        cost.more, what=criterion(cost),
    )  # fmt: skip
