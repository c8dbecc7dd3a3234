"""What the facts of a nonconformance suggest: that it is a repeat, and how severe it is. People decide."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.languages import _
from portal.models.base import ZERO
from portal.models.nonconformances import Nonconformance
from portal.models.scars import Scar, ScarStatus, Severity
from scorecards.periods import day_label
from scorecards.wording import number

WITHIN = timedelta(days=90)
LINE_DOWN_HOURS = Decimal(4)
PER_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Proposal:
    severity: Severity
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Earlier:
    """Something like it within 90 days, and the SCAR that was to end it, where there is one."""

    number: str
    found_on: date
    kind: str
    scar_number: str | None
    scar_id: int | None
    was_closed: bool

    @property
    def why(self) -> str:
        said = _(
            "%(number)s of %(day)s: same part, same defect (%(kind)s)",
            number=self.number,
            day=day_label(self.found_on),
            kind=self.kind,
        )
        if self.scar_number is None:
            return said
        ended = _("closed") if self.was_closed else _("still open")
        return f"{said}, {self.scar_number} ({ended})"


async def repeats(
    db: AsyncSession, who: Principal, supplier_id: int, part_id: int | None, kind: str, on: date
) -> list[Earlier]:
    """Find what is like it: same supplier, part and defect, found within the 90 days before."""
    if part_id is None:
        return []
    found = await db.execute(
        select(Nonconformance, col(Scar.number), col(Scar.id), col(Scar.status))
        .outerjoin(Scar, col(Scar.id) == col(Nonconformance.scar_id))
        .where(
            scopes.condition(who, Nonconformance),
            col(Nonconformance.supplier_id) == supplier_id,
            col(Nonconformance.part_id) == part_id,
            col(Nonconformance.kind) == kind,
            col(Nonconformance.found_on) < on,
            col(Nonconformance.found_on) >= on - WITHIN,
            ~col(Nonconformance.is_sample),
        )
        .order_by(col(Nonconformance.found_on).desc())
        .limit(5)
    )
    return [
        Earlier(
            one.number,
            one.found_on,
            one.kind,
            number,
            scar_id,
            status is ScarStatus.CLOSED,
        )
        for one, number, scar_id, status in found
    ]


def severity(found: Sequence[Nonconformance], earlier: Sequence[Earlier]) -> Proposal:
    """Propose a severity with its reasons: safety, a line that stood, a repeat, over one per cent."""
    critical = [
        _("%(number)s is a safety or regulatory matter.", number=each.number)
        for each in found
        if each.is_safety
    ]
    stood = sum((each.line_down_hours or ZERO for each in found), ZERO)
    if stood > LINE_DOWN_HOURS:
        hours, most = number(stood), number(LINE_DOWN_HOURS)
        critical.append(_("Our line stood for %(hours)s h, more than %(most)s h.", hours=hours, most=most))
    major = [_("It is a repeat within 90 days: %(which)s.", which=each.why) for each in earlier[:1]]
    bad = sum((each.quantity for each in found), ZERO)
    checked = sum((each.checked or ZERO for each in found), ZERO)
    if checked and bad / checked > PER_CENT:
        said = _(
            "%(bad)s of %(checked)s pieces are bad, more than 1 %%.", bad=number(bad), checked=number(checked)
        )
        major.append(said)
    if critical:
        return Proposal(Severity.CRITICAL, tuple(critical))
    if major:
        return Proposal(Severity.MAJOR, tuple(major))
    return Proposal(
        Severity.MINOR, (_("No repeat within 90 days, no safety matter, at most 1 % known bad."),)
    )
