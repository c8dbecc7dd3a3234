"""How months and what belongs to them are called."""

from portal.languages import N_, spoken
from portal.mail import dates
from portal.models.deliveries import ExcuseCode
from portal.models.months import DisputeStatus, MonthStatus, ScorecardDispute, Unanswered
from portal.models.nonconformances import Responsibility

MONTH: dict[MonthStatus, str] = {
    MonthStatus.COMPUTED: N_("Computed"),
    MonthStatus.PREVIEW: N_("In preview"),
    MonthStatus.CLOSED: N_("Preview over"),
    MonthStatus.PROPOSED: N_("Waits for approval"),
    MonthStatus.APPROVED: N_("Approved and frozen"),
    MonthStatus.PUBLISHED: N_("Published"),
}
DISPUTE: dict[DisputeStatus, str] = {
    DisputeStatus.OPEN: N_("Open"),
    DisputeStatus.PROPOSED: N_("Being decided"),
    DisputeStatus.ACCEPTED: N_("Accepted"),
    DisputeStatus.REJECTED: N_("Rejected"),
    DisputeStatus.WITHDRAWN: N_("Taken back"),
}
EXCUSE: dict[ExcuseCode, str] = {
    ExcuseCode.LATE_ORDER: N_("We ordered too late"),
    ExcuseCode.CHANGED_DATE: N_("We changed the date"),
    ExcuseCode.DOCK_CLOSED: N_("Our dock was closed or full"),
    ExcuseCode.OUR_CARRIER: N_("Our carrier was late"),
    ExcuseCode.OTHER: N_("Another reason of ours"),
}
RESPONSIBILITY: dict[Responsibility, str] = {
    Responsibility.OURS: N_("It is ours"),
    Responsibility.CARRIER: N_("It is the carrier’s"),
    Responsibility.UNDETERMINED: N_("It cannot be determined"),
}
UNANSWERED: dict[Unanswered, str] = {
    Unanswered.BLOCK: "The month is not published before all are decided",
    Unanswered.MARK: "It is published, and the lines are marked as disputed",
}


def month_words(month: int) -> str:
    """321 → October 2026, in the language that is spoken."""
    return dates.month(month, spoken())


def whys_of(dispute: ScorecardDispute) -> list[tuple[str, str]]:
    """Give what an accepted dispute may be put down to: (value, words)."""
    if dispute.delivery_line_id is not None:
        return [(each.value, words) for each, words in EXCUSE.items()]
    return [(each.value, words) for each, words in RESPONSIBILITY.items()]


def why_words(dispute: ScorecardDispute) -> str:
    return dict(whys_of(dispute)).get(dispute.excuse_code or dispute.responsibility or "", "")


def key_of(month: int) -> str:
    """321 → 2026-10."""
    year, index = divmod(month, 12)
    return f"{2000 + year}-{index + 1:02}"


def address(month: int) -> str:
    return f"/months/{key_of(month)}"
