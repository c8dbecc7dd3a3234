"""Finding versions of the policy, and what they are called."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.languages import N_, _, ngettext
from portal.models.organisation import Commodity
from portal.models.ratings import Policy as PolicyRow
from portal.models.ratings import PolicyStatus
from portal.models.suppliers import Supplier
from scorecards.periods import month_label
from scorecards.policy import Policy

STATUS = {
    PolicyStatus.DRAFT: N_("Draft"),
    PolicyStatus.IN_REVIEW: N_("In review"),
    PolicyStatus.APPROVED: N_("Approved"),
    PolicyStatus.ACTIVE: N_("In force"),
    PolicyStatus.RETIRED: N_("Replaced"),
    PolicyStatus.DISCARDED: N_("Discarded"),
}
MOST_NAMED = 200


@dataclass(frozen=True, slots=True)
class Version:
    """A version with the words for whom and from when it is."""

    row: PolicyRow
    commodity: str

    @property
    def title(self) -> str:
        return _("“%(name)s” version %(number)s", name=self.row.name, number=self.row.number)

    @property
    def status(self) -> str:
        return _(STATUS[self.row.status])

    @property
    def group(self) -> str:
        """Whom it rates."""
        if self.row.supplier_ids is not None:
            count = ngettext("%(num)s supplier", "%(num)s suppliers", len(self.row.supplier_ids))
            return f"{self.row.group_name} ({count})"
        if self.commodity:
            return _("Suppliers of %(commodity)s", commodity=self.commodity)
        return _("All suppliers")

    @property
    def since(self) -> str:
        if self.row.activated_at is None and self.row.from_month is None:
            return ""
        return _("the beginning") if not self.row.from_month else month_label(self.row.from_month)

    @property
    def until(self) -> str:
        return "" if self.row.until_month is None else month_label(self.row.until_month)

    @property
    def policy(self) -> Policy:
        return Policy.parse(self.row.definition)


async def listed(db: AsyncSession, who: Principal) -> list[Version]:
    """Give every version that was not thrown away, what is under way first, then by when it began."""
    query = (
        scopes.shared(who, PolicyRow)
        .where(col(PolicyRow.status) != PolicyStatus.DISCARDED)
        .order_by(col(PolicyRow.from_month).desc().nulls_last(), col(PolicyRow.id).desc())
    )
    found = [await _version(db, row) for row in await db.scalars(query)]
    order = list(STATUS)
    return sorted(found, key=lambda each: order.index(each.row.status))


async def find(db: AsyncSession, who: Principal, policy_id: int) -> Version:
    query = scopes.shared(who, PolicyRow).where(col(PolicyRow.id) == policy_id)
    return await _version(db, await _one(db, query))


async def to_change(db: AsyncSession, who: Principal, policy_id: int) -> PolicyRow:
    """Find a version and lock it."""
    query = scopes.shared(who, PolicyRow).where(col(PolicyRow.id) == policy_id)
    return await _one(db, query.with_for_update().execution_options(populate_existing=True))


async def in_force(db: AsyncSession, row: PolicyRow) -> PolicyRow | None:
    """Give the version that rates the same suppliers now, or else the one that rates everybody."""
    query = select(PolicyRow).where(col(PolicyRow.status) == PolicyStatus.ACTIVE, col(PolicyRow.id) != row.id)
    found = list(await db.scalars(query))
    same = [
        each
        for each in found
        if each.commodity_id == row.commodity_id and each.supplier_ids == row.supplier_ids
    ]
    return next(iter([*same, *(each for each in found if each.is_general)]), None)


async def suppliers_by_number(db: AsyncSession, who: Principal, numbers: Collection[str]) -> list[Supplier]:
    """Find suppliers by their numbers.

    Raises:
        BadInputError: one of them is not there, or there are too many.
    """
    if len(numbers) > MOST_NAMED:
        raise BadInputError(f"Name at most {MOST_NAMED} suppliers, or make the policy for a commodity.")
    query = scopes.visible(who, Supplier).where(col(Supplier.number).in_(list(numbers)))
    found = list(await db.scalars(query.order_by(col(Supplier.name))))
    missing = sorted(set(numbers) - {each.number for each in found})
    if missing:
        raise BadInputError(f"There is no supplier with the number {missing[0][:40]}.")
    return found


async def numbers_of(db: AsyncSession, who: Principal, row: PolicyRow) -> list[str]:
    if not row.supplier_ids:
        return []
    query = scopes.visible(who, Supplier).where(col(Supplier.id).in_(row.supplier_ids))
    return [each.number for each in await db.scalars(query.order_by(col(Supplier.number)))]


async def _version(db: AsyncSession, row: PolicyRow) -> Version:
    name = ""
    if row.commodity_id is not None:
        name = (await db.get_one(Commodity, row.commodity_id)).name
    return Version(row, name)


async def _one(db: AsyncSession, query: object) -> PolicyRow:
    found = (await db.execute(query)).scalar_one_or_none()  # type: ignore[call-overload]
    if found is None:
        raise NotFoundError
    row: PolicyRow = found
    return row
