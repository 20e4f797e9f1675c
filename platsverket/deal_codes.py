"""The words for the codes of deals, which ``words`` takes into its own tables; nothing here decides anything."""

from __future__ import annotations

from flask_babel import lazy_gettext

_ = lazy_gettext

EVENTS = {
    "proposal.withdrawn": _("A proposal was withdrawn by %(side)s. Reason: %(reason)s."),
    "account.substitute_named": _("%(substitute)s was named to answer proposals from %(first_day)s to %(last_day)s."),
    "account.substitute_ended": _("%(substitute)s no longer answers proposals in this person’s place."),
}
EVENTS |= {
    "round.refill_begun": _("A refill was asked for as run %(number)s. Requests that wait: %(waiting)s."),
    "round.refilled": _("Refill %(number)s was published: %(proposals)s new proposals, %(set_aside)s set aside."),
}
FREED = {
    "declined": _("declined proposals"),
    "expired": _("proposals not answered in time"),
    "withdrawn": _("withdrawn proposals"),
    "ended": _("agreements ended early"),
    "offer": _("premises posted or changed"),
}
FIELDS = {"substitute": _("Substitute")}
REFUSALS = {
    "refill_replaced": _("A newer refill or round has taken the place of this one. Open the round again."),
    "nothing_to_refill": _(
        "There is nothing to fill up: nobody waits for a place in this round, a refill is under way, or a later round "
        "has been frozen."
    ),
    "proposal_withdrawn": _("The proposal has been withdrawn, so there is nothing to answer."),
}
