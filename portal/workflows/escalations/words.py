"""What the rungs of the ladder are called, and what each of them asks for."""

from typing import NamedTuple

from portal.languages import N_
from portal.models.escalations import EscalationStatus, Rung
from portal.models.suppliers import AslStatus

RUNG = {
    Rung.WATCH: N_("Watch"),
    Rung.IMPROVEMENT_PLAN: N_("Improvement plan"),
    Rung.CONTROLLED_SHIPPING_1: N_("Controlled shipping 1"),
    Rung.CONTROLLED_SHIPPING_2: N_("Controlled shipping 2"),
    Rung.NEW_BUSINESS_HOLD: N_("New business hold"),
    Rung.EXIT: N_("Exit"),
}
STATUS = {
    EscalationStatus.PROPOSED: "Proposed",
    EscalationStatus.OPEN: "On the ladder",
    EscalationStatus.DISMISSED: "Not taken up",
    EscalationStatus.ENDED: "Left",
}
MEANS = {
    Rung.WATCH: N_("We look at your deliveries more closely. Nothing else changes."),
    Rung.IMPROVEMENT_PLAN: N_("You work off a plan with milestones that we agreed."),
    Rung.CONTROLLED_SHIPPING_1: N_("You check every piece once more before it ships, apart from production."),
    Rung.CONTROLLED_SHIPPING_2: N_("Somebody independent checks every piece before it ships, at your cost."),
    Rung.NEW_BUSINESS_HOLD: N_("You get no new parts until this is over. What runs, runs on."),
    Rung.EXIT: N_("We move your parts to other suppliers."),
}


class Terms(NamedTuple):
    """What leads off a rung unless somebody says otherwise, and what it does to approvals."""

    clean_lots: int
    needs_cause: bool
    approvals: AslStatus | None


TERMS = {
    Rung.WATCH: Terms(3, needs_cause=False, approvals=None),
    Rung.IMPROVEMENT_PLAN: Terms(5, needs_cause=True, approvals=AslStatus.CONDITIONAL),
    Rung.CONTROLLED_SHIPPING_1: Terms(10, needs_cause=True, approvals=AslStatus.CONDITIONAL),
    Rung.CONTROLLED_SHIPPING_2: Terms(20, needs_cause=True, approvals=AslStatus.CONDITIONAL),
    Rung.NEW_BUSINESS_HOLD: Terms(10, needs_cause=True, approvals=AslStatus.RESTRICTED),
    Rung.EXIT: Terms(0, needs_cause=False, approvals=AslStatus.RESTRICTED),
}
ORDER = tuple(Rung)


def is_higher(one: Rung, other: Rung) -> bool:
    return ORDER.index(one) > ORDER.index(other)
