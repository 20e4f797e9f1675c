"""The words of the mails about deals, for ``mail_words``: subject, text, where the link leads and its text."""

from __future__ import annotations

from flask_babel import lazy_gettext as _

PROPOSAL, AGREEMENT, ROUND = "/proposals/{proposal}", "/agreements/{agreement}", "/rounds/{round}#refills"

MAILS = {
    "proposal.new": (
        _("A proposal for %(title)s"),
        _(
            "There is a proposal for the space request %(title)s: seats: %(seats)s, from %(start)s to %(until)s.\n"
            "Accept or decline it by %(answer_by)s. The seats are held until then."
        ),
        PROPOSAL,
        _("Answer the proposal"),
    ),
    "proposal.reminder": (
        _("Answer by %(answer_by)s: %(title)s"),
        _(
            "The proposal for the space request %(title)s still waits for your side’s answer.\n"
            "After %(answer_by)s the seats are let go and offered to others."
        ),
        PROPOSAL,
        _("Answer the proposal"),
    ),
    "proposal.accepted": (
        _("Accepted: %(title)s"),
        _(
            "The proposal for the space request %(title)s was accepted by %(side)s. Your side has not answered yet.\n"
            "Accept or decline it by %(answer_by)s."
        ),
        PROPOSAL,
        _("Answer the proposal"),
    ),
    "proposal.declined": (
        _("Declined: %(title)s"),
        _(
            "The proposal for the space request %(title)s was declined by %(side)s. Reason: %(reason)s.\n"
            "The seats are free again, and what is free is offered to those who wait."
        ),
        PROPOSAL,
        _("Show the proposal"),
    ),
    "proposal.withdrawn": (
        _("Withdrawn: %(title)s"),
        _(
            "The proposal for the space request %(title)s was withdrawn by %(side)s. Reason: %(reason)s.\n"
            "The seats are free again, and what is free is offered to those who wait."
        ),
        PROPOSAL,
        _("Show the proposal"),
    ),
    "proposal.message": (
        _("A message about %(title)s"),
        _("There is a new message from %(side)s about the proposal for the space request %(title)s."),
        PROPOSAL + "#messages",
        _("Read the message"),
    ),
    "agreement.made": (
        _("Agreement %(number)s is made"),
        _(
            "Both sides have accepted the proposal for the space request %(title)s: seats: %(seats)s, from %(start)s "
            "to %(until)s. The seats are booked.\n"
            "Read the draft, see what the law asks for, and plan the move."
        ),
        AGREEMENT,
        _("Show the agreement"),
    ),
    "agreement.ended": (
        _("Agreement %(number)s ends early"),
        _(
            "The agreement about the space request %(title)s was ended early. Its last day is %(last_day)s. "
            "Reason: %(reason)s."
        ),
        AGREEMENT,
        _("Show the agreement"),
    ),
    "round.stalled": (
        _("%(name)s: proposals still without answer"),
        _(
            "Proposals of the match round %(name)s that still lack an answer: %(count)s. Their last day is "
            "%(answer_by)s.\n"
            "The parties have been reminded. You may want to call them."
        ),
        ROUND,
        _("Open the match round"),
    ),
    "round.refill_ready": (
        _("%(name)s: a refill is ready"),
        _("What has come free in the match round %(name)s has been matched again. Look at the outcome and release it."),
        ROUND,
        _("Open the match round"),
    ),
}
