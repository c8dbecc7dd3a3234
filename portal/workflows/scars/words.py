"""What states, severities and events are called, for whom of the two sides reads it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from portal.languages import N_, _
from portal.models.scars import (
    AnswerStatus,
    CauseKind,
    CostKind,
    CostStatus,
    ScarEvent,
    ScarSource,
    ScarStatus,
    Severity,
)
from portal.workflows.scars.clock import words

Choice = TypeVar("Choice", bound=StrEnum)

SEVERITY = {
    Severity.CRITICAL: N_("Critical"),
    Severity.MAJOR: N_("Major"),
    Severity.MINOR: N_("Minor"),
}
STATUS = {
    ScarStatus.DRAFT: N_("Draft"),
    ScarStatus.ISSUED: N_("Issued"),
    ScarStatus.RESPONSIBILITY_REJECTED: N_("Responsibility disputed"),
    ScarStatus.ACKNOWLEDGED: N_("Acknowledged"),
    ScarStatus.CONTAINMENT_SUBMITTED: N_("Containment sent"),
    ScarStatus.CONTAINMENT_ACCEPTED: N_("Containment accepted"),
    ScarStatus.ROOT_CAUSE_SUBMITTED: N_("Root cause sent"),
    ScarStatus.ROOT_CAUSE_ACCEPTED: N_("Root cause accepted"),
    ScarStatus.ACTIONS_SUBMITTED: N_("Actions sent"),
    ScarStatus.ACTIONS_ACCEPTED: N_("Actions accepted"),
    ScarStatus.IMPLEMENTATION_SUBMITTED: N_("Implementation sent"),
    ScarStatus.IMPLEMENTED: N_("Implemented"),
    ScarStatus.PREVENTION_SUBMITTED: N_("Prevention sent"),
    ScarStatus.EFFECTIVENESS_CHECK: N_("Effectiveness check"),
    ScarStatus.CLOSED: N_("Closed"),
    ScarStatus.CANCELLED: N_("Cancelled"),
}
SOURCE = {
    ScarSource.NONCONFORMANCE: N_("Nonconformance"),
    ScarSource.COMPLAINT: N_("Customer complaint"),
    ScarSource.AUDIT_FINDING: N_("Audit finding"),
    ScarSource.BY_HAND: N_("Other"),
}
CAUSE = {
    CauseKind.METHOD: N_("Method"),
    CauseKind.MACHINE: N_("Machine"),
    CauseKind.MATERIAL: N_("Material"),
    CauseKind.MEASUREMENT: N_("Measurement"),
    CauseKind.PEOPLE: N_("People"),
    CauseKind.ENVIRONMENT: N_("Environment"),
    CauseKind.DESIGN: N_("Design"),
    CauseKind.SUB_SUPPLIER: N_("Sub-supplier"),
}
COST = {
    CostKind.HOURS: N_("Hours"),
    CostKind.SCRAP: N_("Scrap"),
    CostKind.FREIGHT: N_("Freight"),
    CostKind.DOWNTIME: N_("Downtime"),
    CostKind.ADMINISTRATION: N_("Administration"),
}
COST_STATUS = {
    CostStatus.OPEN: N_("Not answered"),
    CostStatus.ACCEPTED: N_("Accepted"),
    CostStatus.REJECTED: N_("Rejected"),
}
ANSWER = {
    AnswerStatus.DRAFT: N_("Draft"),
    AnswerStatus.SUBMITTED: N_("Sent"),
    AnswerStatus.ACCEPTED: N_("Accepted"),
    AnswerStatus.RETURNED: N_("Returned"),
}


def said(table: Mapping[Choice, str]) -> list[tuple[Choice, str]]:
    """Give the choices of a form, in the reader's language."""
    return [(value, _(text)) for value, text in table.items()]


# Icon and words of what happened, for the timeline.
EVENTS = {
    "drafted": ("pencil", N_("SCAR drafted")),
    "issued": ("flag", N_("SCAR issued")),
    "acknowledge": ("check", N_("Acknowledged")),
    "reject_responsibility": ("hand-stop", N_("Responsibility rejected")),
    "uphold_responsibility": ("flag", N_("Responsibility stays with the supplier")),
    "take_back": ("x", N_("SCAR taken back")),
    "send_containment": ("send", N_("D1 to D3 sent")),
    "accept_containment": ("check", N_("D1 to D3 accepted")),
    "send_root_cause": ("send", N_("D4 and D5 sent")),
    "accept_root_cause": ("check", N_("D4 accepted")),
    "send_actions": ("send", N_("D5 sent")),
    "accept_actions": ("check", N_("D4 and D5 accepted")),
    "send_implementation": ("send", N_("D6 sent")),
    "accept_implementation": ("check", N_("D6 accepted")),
    "send_prevention": ("send", N_("D7 sent")),
    "accept_prevention": ("check", N_("D7 accepted")),
    "returned": ("arrow-back-up", N_("%(step)s returned")),
    "extension_asked": ("clock-plus", N_("More time asked for")),
    "extension_granted": ("clock-plus", N_("More time granted")),
    "extension_refused": ("clock", N_("More time refused")),
    "handed_over": ("user-share", N_("Handed over")),
    "earlier_named": ("link", N_("Earlier 8D named")),
    "cost_added": ("calculator", N_("Cost line added")),
    "cost_accepted": ("check", N_("Cost line accepted")),
    "cost_rejected": ("x", N_("Cost line rejected")),
    "planned": ("target", N_("Effectiveness check planned")),
    "found_effective": ("shield-check", N_("Found effective")),
    "find_ineffective": ("refresh", N_("Not effective: the cause is looked for again")),
    "close": ("circle-check", N_("SCAR closed")),
    "reopen": ("refresh", N_("SCAR reopened")),
    "cancelled": ("x", N_("SCAR cancelled")),
    "reminded": ("bell", N_("Reminded")),
    "escalated": ("stairs-up", N_("Escalated")),
    "reassigned": ("user-share", N_("Another engineer follows it")),
}


def happened(event: ScarEvent) -> str:
    _icon, said = EVENTS[event.kind]
    return _(said, step=event.discipline.value) if event.discipline and "%(step)s" in said else _(said)


def icon(event: ScarEvent) -> str:
    return EVENTS[event.kind][0]


def left(due_at: datetime, now: datetime) -> str:
    """What is left of the time, or by how much it is over."""
    if now <= due_at:
        return _("%(time)s left", time=words(due_at - now))
    return _("%(time)s overdue", time=words(now - due_at))


def took(us: str, stage: str, elapsed: str, counted: str) -> str:
    """Say whose time a pause was, and what it adds to the deadlines.

    ``elapsed`` is all of it, ``counted`` its working hours at the supplier's site.
    """
    if elapsed == counted:
        return _(
            "%(us)s took %(time)s to decide on %(step)s. That time is added to your deadlines.",
            us=us,
            time=elapsed,
            step=stage,
        )
    return _(
        "%(us)s took %(time)s to decide on %(step)s, %(counted)s of it on your working days."
        " That time is added to your deadlines.",
        us=us,
        time=elapsed,
        step=stage,
        counted=counted,
    )
