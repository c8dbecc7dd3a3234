"""A version tried on the twelve months before: who would have been in which band, and why it is another one.

A job reckons month by month and tells how far it is. What it found is kept with the version as it was.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotReadyError
from portal.jobs.queue import enqueue
from portal.languages import N_
from portal.models.ratings import BackTest, BackTestStatus, SupplierMonthTotal
from portal.models.ratings import Policy as PolicyRow
from portal.models.suppliers import Supplier
from portal.workflows import ratings
from portal.workflows.policies.reasons import Reason, why
from portal.workflows.scorecards.bulk import Row, rate_all
from portal.workflows.scorecards.everybody import rate_everybody
from scorecards.banding import best_first
from scorecards.periods import Period, month_label, month_number
from scorecards.policy import Policy
from scorecards.weighting import NOT_RATED

JOB = "policies.back_test"
MONTHS = 12
UNDER_WAY = frozenset({BackTestStatus.WAITING, BackTestStatus.RUNNING})
BROKEN = N_("The back-test broke off. Begin it again; if that happens twice, tell your administrator.")
Report = Callable[[int], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Change:
    """A supplier in a month whose band would have been another one; scores None where it was not rated."""

    supplier_id: int
    month: int
    before: str
    now: str
    score_before: Decimal | None
    score_now: Decimal | None
    why: Reason | str  # a sentence where it was kept as one
    is_up: bool

    @property
    def reason(self) -> str:
        """Say why in the language of whoever reads."""
        return self.why if isinstance(self.why, str) else self.why.sentence


@dataclass(frozen=True, slots=True)
class Found:
    """``counts`` are of suppliers by month, band before and band now; ``bands`` the best first."""

    bands: tuple[str, ...]
    counts: Mapping[int, Mapping[tuple[str, str], int]]
    changes: tuple[Change, ...]

    def matrix(self, month: int | None = None) -> list[list[int]]:
        """Rows are bands before, columns bands now; of one month, or of all of them added up."""
        months = list(self.counts) if month is None else [month]
        return [
            [sum(self.counts[each].get((before, now), 0) for each in months) for now in self.bands]
            for before in self.bands
        ]

    def of_band(self, month: int, *, by_this: bool) -> list[int]:
        """How many suppliers of each band, for the charts; those not rated are left out."""
        counts = self.counts[month]
        return [
            sum(count for pair, count in counts.items() if pair[int(by_this)] == band)
            for band in self.bands
            if band != NOT_RATED
        ]


async def begin(
    db: AsyncSession, who: Principal, row: PolicyRow, *, today: date, until: int | None = None
) -> BackTest:
    """Ask for one over the twelve months up to one, or up to the newest that has figures.

    While one is under way for the same version and months, that one is given.

    Raises:
        NotReadyError: somebody who sees a part would get a part for the whole.
        BadInputError: nothing was delivered in that month, or it is not over.
    """
    if who.is_limited:
        raise NotReadyError(
            "A back-test looks at all suppliers and plants. Ask somebody who sees all of them."
        )
    months = await months_offered(db, who, today)
    if until is not None and until not in months:
        raise BadInputError(f"{month_label(until)} has no figures, or is not over. Choose one from the list.")
    last = months[0] if until is None else until
    found = await newest(db, who, row)
    if (
        found is not None
        and found.status in UNDER_WAY
        and (found.policy_version, found.last_month) == (row.version, last)
    ):
        return found
    made = BackTest(
        policy_id=row.id,
        policy_version=row.version,
        definition=row.definition,
        as_of=today,
        first_month=last - MONTHS + 1,
        last_month=last,
        asked_by_name=who.name,
    )
    db.add(made)
    await db.flush()
    await enqueue(db, JOB, {"back_test": made.id})
    return made


async def months_offered(db: AsyncSession, who: Principal, today: date) -> list[int]:
    """Give the complete months that have figures, the newest first: old deliveries may be tried too."""
    complete = month_number(today) - 1
    query = (
        select(col(SupplierMonthTotal.month))
        .where(scopes.condition(who, SupplierMonthTotal), col(SupplierMonthTotal.month) <= complete)
        .distinct()
        .order_by(col(SupplierMonthTotal.month).desc())
    )
    return list(await db.scalars(query)) or [complete]


async def newest(db: AsyncSession, who: Principal, row: PolicyRow) -> BackTest | None:
    query = scopes.shared(who, BackTest).where(col(BackTest.policy_id) == row.id)
    return (await db.execute(query.order_by(col(BackTest.id).desc()).limit(1))).scalar_one_or_none()


async def run(db: AsyncSession, who: Principal, test: BackTest, report: Report) -> None:
    """Reckon all months and write down what was found."""
    row = await db.get_one(PolicyRow, test.policy_id)
    policy = Policy.parse(test.definition)
    line = await ratings.timeline(db)
    ids = await _whom(db, who, row)
    periods = [Period(month) for month in range(test.first_month, test.last_month + 1)]
    before = await rate_everybody(db, who, line, periods, test.as_of, supplier_ids=ids)
    await report(1)
    now = await rate_all(db, who, policy, periods, test.as_of, supplier_ids=ids)
    await report(len(periods) - 1)
    query = scopes.visible(who, Supplier)
    suppliers = {each.id: each for each in await db.scalars(query) if ids is None or each.id in ids}
    bands = [*best_first(line.general(test.last_month)), *best_first(policy)]
    names = list(dict.fromkeys(each.band for each in bands))
    counts: dict[str, list[tuple[str, str, int]]] = {}
    changes: list[dict[str, Any]] = []
    for period in periods:
        pairs: Counter[tuple[str, str]] = Counter()
        for supplier in suppliers.values():
            old, new = before[period].get(supplier.id), now[period].get(supplier.id)
            one, other = _band(old), _band(new)
            pairs[one, other] += 1
            if one != other and old is not None and new is not None:
                was = line.policy_for(supplier.id, supplier.commodity_id, period.last_month)
                reason = why(old, new, was, policy)
                changes.append(_plain(supplier.id, period.last_month, old, new, reason))
        counts[str(period.last_month)] = [(*pair, count) for pair, count in pairs.items()]
    test.result = {"bands": [*names, NOT_RATED], "counts": counts, "changes": changes}
    test.status, test.months_done, test.finished_at = BackTestStatus.DONE, len(periods), clock.now()
    await db.flush()


def found(test: BackTest) -> Found:
    """Read what was written down."""
    result = test.result or {"bands": [], "counts": {}, "changes": []}
    order = {band: at for at, band in enumerate(result["bands"])}
    changes = tuple(
        Change(
            each["supplier"],
            each["month"],
            each["before"],
            each["now"],
            _number(each["score_before"]),
            _number(each["score_now"]),
            each["reason"] if isinstance(each["reason"], str) else Reason.from_dict(each["reason"]),
            order.get(each["now"], 99) < order.get(each["before"], 99),
        )
        for each in result["changes"]
    )
    counts = {
        int(month): {(before, now): count for before, now, count in pairs}
        for month, pairs in result["counts"].items()
    }
    newest_first = sorted(changes, key=lambda each: (-each.month, each.is_up, each.supplier_id))
    return Found(tuple(result["bands"]), dict(sorted(counts.items())), tuple(newest_first))


async def _whom(db: AsyncSession, who: Principal, row: PolicyRow) -> list[int] | None:
    if row.is_general:
        return None
    query = scopes.visible(who, Supplier)
    if row.commodity_id is not None:
        query = query.where(col(Supplier.commodity_id) == row.commodity_id)
    else:
        query = query.where(col(Supplier.id).in_(row.supplier_ids or []))
    return [each.id for each in await db.scalars(query)]


def _band(row: Row | None) -> str:
    return NOT_RATED if row is None else row.band


def _plain(supplier: int, month: int, before: Row, now: Row, reason: Reason) -> dict[str, Any]:
    return {
        "supplier": supplier,
        "month": month,
        "before": before.band,
        "now": now.band,
        "score_before": None if before.shown is None else str(before.shown),
        "score_now": None if now.shown is None else str(now.shown),
        "reason": reason.to_dict(),
    }


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
