"""Where a month stands, as a checklist: what is done, what is next, what holds it up, who can move it on."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.models.months import (
    DisputeStatus,
    MonthStatus,
    Scorecard,
    ScorecardMonth,
    Unanswered,
)
from portal.workflows.months import disputes, freezing, frozen, gaps, plan
from portal.workflows.months.disputes import Dispute
from portal.workflows.months.gaps import Gap
from portal.workflows.months.steps import STEPS
from portal.workflows.steps import possible
from scorecards.weighting import NOT_RATED

_ORDER = list(MonthStatus)
QUALITY, MANAGER = "quality engineers", "a quality manager"


class Check(NamedTuple):
    """One point of the list. ``state`` is done, now, blocked or later; ``by`` who can move it on."""

    state: str
    title: str
    words: str
    by: str = ""
    at: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class MonthView:
    month: ScorecardMonth
    checks: list[Check]
    gaps: list[Gap]
    disputes: list[Dispute]
    bands: list[tuple[str, int]]
    steps: list[str]
    frozen: int

    @property
    def suppliers(self) -> int:
        return sum(count for _, count in self.bands)

    @property
    def undecided(self) -> list[Dispute]:
        return [
            each for each in self.disputes if each.row.status in {DisputeStatus.OPEN, DisputeStatus.PROPOSED}
        ]

    @property
    def blocked(self) -> list[Check]:
        return [each for each in self.checks if each.state == "blocked"]


async def view(db: AsyncSession, who: Principal, month: ScorecardMonth) -> MonthView:
    is_open = month.status in {MonthStatus.COMPUTED, MonthStatus.PREVIEW}
    missing = await gaps.gaps(db, who, month.month) if is_open else []
    listed = await disputes.of_month(db, who, month.month)
    counted = await freezing.counted(db, month.month)
    bands = await _bands(db, who, month)
    found = MonthView(
        month=month,
        checks=[],
        gaps=missing,
        disputes=listed,
        bands=bands,
        steps=[name for name in possible(month, STEPS, who) if _is_offered(name, month, who)],
        frozen=counted,
    )
    blocks = (await plan.rules(db)).unanswered is Unanswered.BLOCK
    found.checks.extend(_checks(found, blocks=blocks))
    return found


def _is_offered(name: str, month: ScorecardMonth, who: Principal) -> bool:
    if name == "close":  # the clock does, so that nobody's time is cut short
        return False
    if name == "publish":
        return bool(month.digest)
    return name != "approve" or who.person_id != month.proposed_by_id


def _checks(found: MonthView, *, blocks: bool) -> list[Check]:
    month = found.month
    return [
        _computed(found),
        _preview(month),
        _disputes(found, blocks=blocks),
        _handed_in(month),
        _approved(month),
        _frozen(found),
        _published(month),
    ]


def _state(month: ScorecardMonth, *, waits_in: MonthStatus) -> str:
    """Say where a point is whose turn comes while the month is in a status."""
    at, turn = _ORDER.index(month.status), _ORDER.index(waits_in)
    return "done" if at > turn else "now" if at == turn else "later"


def _computed(found: MonthView) -> Check:
    month = found.month
    title = "Deliveries are imported"
    if not found.gaps:
        return Check("done", title, f"Computed for {found.suppliers:,} suppliers.", at=month.computed_at)
    words = " ".join(gap_words(gap) for gap in found.gaps)
    if month.status is MonthStatus.COMPUTED:
        return Check("blocked", title, f"{words} The preview waits.", by="whoever imports for that plant")
    by = f" {month.opened_by_name} went on without." if month.opened_by_name else ""
    return Check("done", title, words + by, at=month.computed_at)


def gap_words(gap: Gap) -> str:
    if gap.since is None:
        return f"No deliveries from {gap.plant} all month."
    return f"No deliveries from {gap.plant} since {gap.since.day} {gap.since:%B}."


def _preview(month: ScorecardMonth) -> Check:
    state = _state(month, waits_in=MonthStatus.PREVIEW)
    words = {
        "later": "Suppliers look at their lines as soon as the preview begins.",
        "now": "Suppliers look at their lines and dispute what is wrong.",
        "done": "Suppliers had time to look at their lines.",
    }[state]
    return Check(state, "Preview for suppliers", words, by="suppliers", until=month.preview_until_at)


def _disputes(found: MonthView, *, blocks: bool) -> Check:
    month, title = found.month, "Disputes are decided"
    if not found.disputes:
        state = "done" if _ORDER.index(month.status) > _ORDER.index(MonthStatus.PREVIEW) else "later"
        return Check(state, title, "No supplier has disputed anything.")
    counts = Counter(each.row.status for each in found.disputes)
    words = f"{len(found.disputes)} in all"
    if counts[DisputeStatus.OPEN]:
        words += f", {counts[DisputeStatus.OPEN]} to decide"
    if counts[DisputeStatus.PROPOSED]:
        words += f", {counts[DisputeStatus.PROPOSED]} to approve"
    if not found.undecided:
        return Check("done", title, f"{words}, all decided.")
    by = QUALITY if counts[DisputeStatus.OPEN] else MANAGER
    is_over = _ORDER.index(month.status) >= _ORDER.index(MonthStatus.CLOSED)
    if month.status is MonthStatus.PUBLISHED or (is_over and not blocks):
        return Check("now", title, f"{words}. They are marked on the cards.", by=by)
    return Check("blocked" if is_over else "now", title, f"{words}.", by=by)


def _handed_in(month: ScorecardMonth) -> Check:
    state = _state(month, waits_in=MonthStatus.CLOSED)
    title = "Handed in for approval"
    if state == "done":
        return Check(state, title, f"By {month.proposed_by_name}.", at=month.proposed_at)
    words = f"Returned: {month.returned}" if month.returned else "Somebody of quality says that it is ready."
    return Check(state, title, words, by=QUALITY)


def _approved(month: ScorecardMonth) -> Check:
    state = _state(month, waits_in=MonthStatus.PROPOSED)
    title = "Approved by a second person"
    if state == "done":
        return Check(state, title, f"By {month.approved_by_name}.", at=month.approved_at)
    return Check(state, title, "Not by whoever handed it in.", by=MANAGER)


def _frozen(found: MonthView) -> Check:
    month, title = found.month, "Cards are frozen"
    if month.digest:
        return Check("done", title, f"{month.cards:,} cards. SHA-256 over all: {month.digest}")
    if month.status is MonthStatus.APPROVED:
        return Check("now", title, f"{found.frozen:,} of {found.suppliers:,} so far.", by="the worker")
    return Check("later", title, "With policy, inputs and hash, so that they can be recomputed.")


def _published(month: ScorecardMonth) -> Check:
    if month.status is MonthStatus.PUBLISHED:
        return Check("done", "Published", "Suppliers see their cards.", at=month.published_at)
    state = "now" if month.status is MonthStatus.APPROVED and month.digest else "later"
    return Check(state, "Published", "Planned.", by="the clock", until=month.publish_at)


async def _bands(db: AsyncSession, who: Principal, month: ScorecardMonth) -> list[tuple[str, int]]:
    if month.status is MonthStatus.PUBLISHED:
        newest = (
            select(
                col(Scorecard.band),
                func.row_number()
                .over(partition_by=col(Scorecard.supplier_id), order_by=col(Scorecard.revision).desc())
                .label("place"),
            )
            .where(col(Scorecard.month) == month.month, frozen.is_published())
            .subquery()
        )
        query = select(newest.c.band, func.count()).where(newest.c.place == 1).group_by(newest.c.band)
        counts = Counter(dict(tuple(row) for row in await db.execute(query)))
    else:
        as_of = month.as_of_on or await plan.our_today(db)
        rows = await freezing.rated(db, who, month.month, as_of)
        counts = Counter(row.band for row in rows.values())
    return sorted(counts.items(), key=lambda pair: (pair[0] == NOT_RATED, pair[0]))
