"""Finding targets: those that hold in a month, those of a supplier, one to change."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.months import MonthStatus, ScorecardMonth
from portal.models.suppliers import Supplier
from portal.models.targets import Aim, SupplierTarget, TargetStatus
from portal.workflows.targets.distance import Distance, distances
from scorecards.policy import Policy
from scorecards.weighting import Card

HELD = (TargetStatus.AGREED, TargetStatus.ENDED)
AHEAD = 12  # months that a target may lie ahead, or back where nothing is published
Targets = Mapping[Aim, SupplierTarget]


async def in_force(
    db: AsyncSession, who: Principal, month: int, *, supplier_ids: Collection[int] | None = None
) -> dict[int, dict[Aim, SupplierTarget]]:
    """Give by supplier the targets that hold in a month."""
    found: dict[int, dict[Aim, SupplierTarget]] = {}
    for target in await _held(db, who, month, supplier_ids):
        if _holds(target, month):
            found.setdefault(target.supplier_id, {})[target.aim] = target
    return found


async def course(
    db: AsyncSession, who: Principal, supplier_id: int, aim: Aim, months: Sequence[int]
) -> list[Decimal | None]:
    """Give what a target was in each of some months, None where there was none."""
    held = [each for each in await _held(db, who, max(months), [supplier_id]) if each.aim is aim]
    return [next((each.value for each in reversed(held) if _holds(each, month)), None) for month in months]


async def distances_of(
    db: AsyncSession, who: Principal, supplier_id: int, card: Card, policy: Policy
) -> list[Distance]:
    """Compare a supplier's card with what was agreed for its last month."""
    held = await in_force(db, who, card.period.last_month, supplier_ids=[supplier_id])
    return distances(card, held.get(supplier_id, {}), by_line=policy.delivery.mode == "line")


async def of_supplier(db: AsyncSession, who: Principal, supplier_id: int) -> Sequence[SupplierTarget]:
    """List all that ever was proposed to a supplier, the latest first."""
    query = scopes.visible(who, SupplierTarget).where(col(SupplierTarget.supplier_id) == supplier_id)
    newest = (col(SupplierTarget.from_month).desc(), col(SupplierTarget.id).desc())
    return (await db.scalars(query.order_by(*newest))).all()


async def to_change(db: AsyncSession, who: Principal, target_id: int) -> tuple[SupplierTarget, Supplier]:
    query = (
        select(SupplierTarget, Supplier)
        .join(Supplier, col(Supplier.id) == col(SupplierTarget.supplier_id))
        .where(
            col(SupplierTarget.id) == target_id,
            scopes.condition(who, SupplierTarget),
            scopes.condition(who, Supplier),
        )
        .with_for_update(of=SupplierTarget)
        .execution_options(populate_existing=True)
    )
    found = (await db.execute(query)).one_or_none()
    if found is None:
        raise NotFoundError
    return found[0], found[1]


async def first_open(db: AsyncSession, running: int) -> int:
    """Give the first month that a target may begin in: what is published says what held then for good."""
    query = select(func.max(col(ScorecardMonth.month))).where(
        col(ScorecardMonth.status) == MonthStatus.PUBLISHED
    )
    published = (await db.execute(query)).scalar_one_or_none()
    return running - AHEAD if published is None else published + 1


async def _held(
    db: AsyncSession, who: Principal, last: int, supplier_ids: Collection[int] | None
) -> list[SupplierTarget]:
    """Give what was agreed up to a month; of several that hold in one, the last counts."""
    query = scopes.visible(who, SupplierTarget).where(
        col(SupplierTarget.status).in_(HELD), col(SupplierTarget.from_month) <= last
    )
    if supplier_ids is not None:
        query = query.where(col(SupplierTarget.supplier_id).in_(supplier_ids))
    query = query.order_by(col(SupplierTarget.from_month), col(SupplierTarget.id))
    return list(await db.scalars(query))


def _holds(target: SupplierTarget, month: int) -> bool:
    return target.from_month <= month and (target.until_month is None or month <= target.until_month)
