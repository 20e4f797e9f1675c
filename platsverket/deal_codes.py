"""The words for the codes of deals, which ``words`` takes into its own tables; nothing here decides anything."""

from __future__ import annotations

from flask_babel import lazy_gettext

_ = lazy_gettext

EVENTS = {
    "proposal.withdrawn": _("A proposal was withdrawn by %(side)s. Reason: %(reason)s."),
    "account.substitute_named": _("%(substitute)s was named to answer proposals from %(first_day)s to %(last_day)s."),
    "account.substitute_ended": _("%(substitute)s no longer answers proposals in this person’s place."),
    "round.refill_begun": _("A refill was asked for as run %(number)s. Requests that wait: %(waiting)s."),
    "round.refilled": _("Refill %(number)s was published: %(proposals)s new proposals, %(set_aside)s set aside."),
    "agreement.prepared": _("What an agreement needs before it is signed was recorded."),
    "agreement.signed": _("Agreement %(number)s was signed by %(side)s."),
    "agreement.step": _("A step to move-in was planned or done: %(step)s."),
    "proposal.message": _("A message was written by %(side)s."),
}
FREED = {
    "declined": _("declined proposals"),
    "expired": _("proposals not answered in time"),
    "withdrawn": _("withdrawn proposals"),
    "ended": _("agreements ended early"),
    "offer": _("premises posted or changed"),
}
HOLDING = {"owned": _("We own them"), "leased": _("We rent them")}
STEPS = {
    "badge": _("Badges for entry"),
    "network": _("Network and power"),
    "contact": _("A person to meet on the first day"),
    "key": _("Keys handed over"),
}
# What each rule of ``law`` says where it is not kept.
LAW = {
    "landlords_consent": _(
        "Whoever rents premises needs the landlord’s consent to let others use them. It must be recorded before "
        "anybody signs."
    ),
    "tenure": _(
        "The stay is longer than nine months in a row, so the guest gets security of tenure. If the parties want to "
        "waive it they do so in a paper of its own, on the rent tribunal’s form HN 5."
    ),
    "within_the_state": _(
        "Both parties are state agencies and so one legal person: the agreement stands outside the land code "
        "(jordabalken), whose rules are followed in practice."
    ),
    "governments_consent": _(
        "A state agency may take on a lease of more than six years only with the government’s consent. Universities "
        "and university colleges have rules of their own."
    ),
}
LAW_EFFECTS = {"stops": _("Must be settled first"), "warns": _("To settle"), "labels": _("To know")}
FAULTS = {"in_the_future": _("This day has not come yet.")}
FIELDS = {
    "substitute": _("Substitute"),
    "cost_per_seat_day": _("Own cost for one seat and day"),
    "holding": _("How you hold the premises"),
    "consent_from": _("Landlord"),
    "consent_on": _("Day of the consent"),
    "environment_coordinator": _("Coordinates the work environment"),
    "day": _("Planned for"),
}
REFUSALS = {
    "refill_replaced": _("A newer refill or round has taken the place of this one. Open the round again."),
    "nothing_to_refill": _(
        "There is nothing to fill up: nobody waits for a place in this round, a refill is under way, or a later round "
        "has been frozen."
    ),
    "cannot_be_signed": _(
        "Something that the law asks for is missing, so nobody can sign yet. It stands under “What the law asks for”."
    ),
    "already_signed": _("Both sides have signed, so what was recorded before cannot be changed."),
    "proposal_withdrawn": _("The proposal has been withdrawn, so there is nothing to answer."),
}
