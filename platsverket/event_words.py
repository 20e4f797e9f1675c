"""What has happened, told in a sentence: the words for every kind of event."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext, lazy_gettext

from platsverket import deal_codes, desk_codes, words

_ = lazy_gettext

NOUNS = {
    "offer": _("Spare premises"),
    "need": _("Space requests"),
    "proposal": _("Proposals"),
    "agreement": _("Agreements"),
    "round": _("Match rounds"),
    "account": _("Accounts"),
    "token": _("API tokens"),
}
EVENTS = {
    "offer.posted": _("Spare premises were posted."),
    "offer.changed": _("Spare premises were changed."),
    "offer.reconfirmed": _("Spare premises were reconfirmed."),
    "offer.withdrawn": _("Spare premises were withdrawn."),
    "offer.address_read": _("A coordinator read the address of premises that are not open."),
    "need.posted": _("A space request was posted."),
    "need.changed": _("A space request was changed."),
    "need.withdrawn": _("A space request was withdrawn."),
    "need.prioritised": _("The priority of a space request was set to %(priority)s. Reason: %(reason)s"),
    "proposal.published": _("A proposal was published."),
    "proposal.accepted": _("A proposal was accepted by %(side)s."),
    "proposal.declined": _("A proposal was declined by %(side)s. Reason: %(reason)s."),
    "proposal.expired": _("A proposal was not answered in time. Its seats were let go."),
    "agreement.made": _("Agreement %(number)s was made."),
    "agreement.ended": _("An agreement was ended early. Its last day is %(last_day)s. Reason: %(reason)s."),
    "round.opened": _("The match round %(name)s was opened."),
    "round.frozen": _(
        "A match round was frozen with %(offers)s premises, sealed ones not counted, and %(needs)s requests."
    ),
    "round.freeze_failed": _("The clock could not freeze a match round when its day came."),
    "round.closed": _("The time to answer the proposals of the match round %(name)s ended."),
    "round.run_requested": _("Run %(number)s of a match round was asked for."),
    "round.run_done": _("Run %(number)s of a match round was done."),
    "round.run_failed": _("A run of a match round failed."),
    "round.exported": _("The input or outcome of run %(number)s of a match round was fetched as a file."),
    "round.stop_requested": _("A run of a match round was asked to stop."),
    "round.published": _("A match round was published: %(proposals)s proposals, %(set_aside)s set aside."),
    "round.cancelled": _("A match round was called off."),
    "decision.made": _("A coordinator made a decision in a match round. Reason: %(reason)s"),
    "decision.removed": _("A coordinator’s decision in a match round was removed."),
    "account.created": _("An account was created."),
    "account.changed": _("An account or its roles were changed."),
    "account.deactivated": _("An account was closed."),
    "account.reopened": _("An account was opened again."),
    "account.signed_in": _("Signed in."),
    "account.language_changed": _("The language of an account was changed."),
    "account.mail_changed": _("The choice about e-mail was changed to: %(when)s."),
    "account.calendar_made": _("The address of a calendar was made."),
    "account.calendar_revoked": _("The address of a calendar was revoked."),
    "account.draft_saved": _("A draft was saved."),
    "account.draft_discarded": _("A draft was thrown away."),
    "account.search_saved": _("The search %(name)s was saved."),
    "account.search_removed": _("The saved search %(name)s was removed."),
    "account.mail_refused": _("The mail server answered %(code)s: the address of an account takes no mail."),
    "account.password_changed": _("A password was changed."),
    "account.password_reset": _("An administrator made a new password."),
    "token.made": _("The API token %(name)s was made."),
    "token.revoked": _("An API token was revoked."),
    "demo.filled": _("The demo market was filled in."),
    **deal_codes.EVENTS,
    **desk_codes.EVENTS,
}


def event(kind: str, data: dict[str, Any]) -> str:
    """What happened, as a sentence."""
    told = str(EVENTS.get(kind, kind)) % _EventData(data)
    if person := data.get("instead_of"):
        return gettext("%(told)s As substitute for %(person)s.", told=told, person=person)
    return told


class _EventData(dict[str, Any]):
    """An event's values as its sentence shows them; an older event may lack one."""

    def __missing__(self, name: str) -> str:
        return "–"

    def __getitem__(self, name: str) -> str:
        value = super().__getitem__(name)
        if name in ("first_day", "last_day") and name in self:
            return words.day(date.fromisoformat(value))
        tables: dict[str, Any] = {
            "reason": words.WITHDRAWN,
            "side": words.SIDES,
            "answer": desk_codes.YES_NO,
            "priority": words.PRIORITIES,
            "step": words.STEPS,
            "when": words.MAIL,
        }
        return str(tables.get(name, {}).get(value) or words.shown(value))
