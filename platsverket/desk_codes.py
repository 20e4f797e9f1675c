"""The words of the codes that the coordinators' desk adds to the tables of ``words``."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

EVENTS = {
    "round.goals_ordered": _("The order of a match round’s goals was set."),
    "question.asked": _("A coordinator asked whether a space request may be changed."),
    "question.answered": _("A coordinator’s question about a space request was answered: %(answer)s."),
}
FAULTS = {
    "place_taken": _("Another goal has place %(place)s already. Give each goal a place of its own."),
    "some_goal": _("At least one goal must count."),
}
REFUSALS = {
    "compare_two_to_four": _("Choose two to four finished runs to compare."),
    "round_called_off": _("%(name)s has called the round off, on %(at)s. Nothing was changed."),
    "round_cancelled": _("The round has been called off, so this can no longer be done in it."),
    "nothing_to_lock": _("The run placed nothing there that is not locked already."),
    "need_promised": _("The request had its place before the round, so nothing is tried with it."),
    "question_tells": _(
        "This question would tell the project lead what is hidden of the premises, so it cannot be asked here. "
        "Talk to the host first."
    ),
    "question_answered": _("The question has already been answered otherwise, and the answer cannot be changed."),
    "question_outdated": _(
        "The request has been changed since the question was asked, so a yes no longer says the same. "
        "Change the request yourself if you want to."
    ),
}
FIELDS = {"stands_until": _("Stands until"), "whom": _("For whom"), "answer": _("Answer"), "change": _("Change")}
YES_NO = {"yes": _("yes"), "no": _("no")}
