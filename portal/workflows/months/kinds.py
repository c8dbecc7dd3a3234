"""The tasks about months and disputes: how they read, where they lead, and how they follow."""

from collections.abc import Callable

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.permissions import P
from portal.languages import N_, _
from portal.models.months import DisputeStatus, MonthStatus, ScorecardDispute, ScorecardMonth
from portal.models.tasks import Side, Task
from portal.workflows import tasks
from portal.workflows.months.words import address, month_words
from portal.workflows.tasks.kinds import Kind, says

HOLD, PROPOSE, APPROVE = "month.hold", "month.propose", "month.approve"
CORRECT = "correction.decide"
DECIDE, CONFIRM = "dispute.decide", "dispute.confirm"
_OF_MONTHS = {
    MonthStatus.COMPUTED: HOLD,
    MonthStatus.CLOSED: PROPOSE,
    MonthStatus.PROPOSED: APPROVE,
}
_OF_DISPUTES = {DisputeStatus.OPEN: DECIDE, DisputeStatus.PROPOSED: CONFIRM}


def _month(name: str, words: str, permission: P) -> Kind:
    def item(task: Task) -> str:
        return f"{month_words(task.facts['month'])}: {_(words)}"

    return _of_ours(name, "Months of the scorecards", "calendar", item, permission)


def _of_ours(
    name: str, label: str, icon: str, item: Callable[[Task], str], permission: P, anchor: str = ""
) -> Kind:
    """A kind that no supplier ever sees, and that leads to the page of its month."""

    def path(task: Task) -> str:
        return address(task.facts["month"]) + anchor

    return Kind(
        name=name,
        label=label,
        icon=icon,
        area="months",
        item=item,
        title=item,
        button=says(N_("Look at it")),
        path=path,
        our_path=path,
        permission=permission,
        our_permission=permission,
    )


def _dispute(name: str, words: str, permission: P) -> Kind:
    return Kind(
        name=name,
        label="Disputes",
        icon="scale",
        area="months",
        item=lambda task: _(words, subject=task.reference),
        title=lambda task: _("Your dispute of %(subject)s", subject=task.reference),
        button=says(N_("Look at it")),
        path=lambda task: f"/disputes/{task.record_id}",
        our_path=lambda task: f"/disputes/{task.record_id}",
        permission=P.DISPUTES_RAISE,
        our_permission=permission,
        waiting=lambda task: _("%(name)s disputed it. We decide now.", name=task.facts["by"]),
    )


def _correction() -> Kind:
    def item(task: Task) -> str:
        what = _("the published card would change")
        return f"{task.facts['supplier']}, {month_words(task.facts['month'])}: {what}"

    return _of_ours(CORRECT, "Corrections", "git-compare", item, P.MONTHS_RUN, anchor="#corrections")


KINDS = (
    _correction(),
    _month(HOLD, N_("deliveries seem to be missing, the preview waits"), P.MONTHS_RUN),
    _month(PROPOSE, N_("decide the disputes, hand it in for approval"), P.MONTHS_RUN),
    _month(APPROVE, N_("approve the scorecards"), P.MONTHS_APPROVE),
    _dispute(DECIDE, N_("Dispute of %(subject)s"), P.DISPUTES_DECIDE),
    _dispute(CONFIRM, N_("Approve: dispute of %(subject)s"), P.LINES_EXCUSE),
)


async def follow(db: AsyncSession, month: ScorecardMonth) -> None:
    """Let the tasks say what the month says."""
    about = tasks.About("scorecard_month", month.id, month_words(month.month))
    wanted = _OF_MONTHS.get(month.status)
    for kind in _OF_MONTHS.values():
        if kind != wanted:
            await tasks.finish(db, about, kind)
    if wanted is not None:
        due = month.publish_at if month.status is not MonthStatus.COMPUTED else month.preview_until_at
        await tasks.open_task(
            db, wanted, about, Side.US, is_shared=False, facts={"month": month.month}, due=due
        )


async def follow_dispute(db: AsyncSession, dispute: ScorecardDispute, month: ScorecardMonth | None) -> None:
    about = tasks.About("scorecard_dispute", dispute.id, dispute.subject)
    wanted = _OF_DISPUTES.get(dispute.status)
    for kind in _OF_DISPUTES.values():
        if kind != wanted:
            await tasks.finish(db, about, kind)
    if wanted is not None:
        await tasks.open_task(
            db,
            wanted,
            about,
            Side.US,
            supplier_id=dispute.supplier_id,
            plant_id=dispute.plant_id,
            facts={"by": dispute.disputed_by_name, "month": dispute.month},
            due=month.publish_at if month else None,
        )
