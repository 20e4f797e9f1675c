"""The words for the codes of deals, which ``words`` takes into its own tables; nothing here decides anything."""

from __future__ import annotations

from flask_babel import lazy_gettext

_ = lazy_gettext

EVENTS = {
    "proposal.withdrawn": _("A proposal was withdrawn by %(side)s. Reason: %(reason)s."),
    "account.substitute_named": _("%(substitute)s was named to answer proposals from %(first_day)s to %(last_day)s."),
    "account.substitute_ended": _("%(substitute)s no longer answers proposals in this person’s place."),
}
FIELDS = {"substitute": _("Substitute")}
REFUSALS = {
    "proposal_withdrawn": _("The proposal has been withdrawn, so there is nothing to answer."),
}
