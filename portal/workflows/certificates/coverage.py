"""What a reviewer would otherwise have to compare by hand: numbers, gaps, sites, scope, how long it lasts."""

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access import scopes
from portal.access.principal import Principal
from portal.languages import _, ngettext
from portal.models.certificates import Certificate, CertificateType
from portal.models.suppliers import AslEntry, AslStatus, SupplierSite
from portal.workflows.certificates import records
from portal.workflows.certificates.records import Record

_APPROVED = (AslStatus.APPROVED, AslStatus.CONDITIONAL)
_LETTERS_OF_A_STEM = 5  # "Castings" and "casting", "Forgings" and "forged"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing compared; ``is_good`` False is a warning, never a block: the reviewer decides."""

    is_good: bool
    sentence: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Days on which neither the old certificate nor the new one is valid."""

    first_on: date
    last_on: date

    @property
    def days(self) -> int:
        return (self.last_on - self.first_on).days + 1


def gap(old: Certificate | None, new: Certificate) -> Gap | None:
    """Give the days between the old one's last and the new one's first."""
    if old is None or old.valid_until_on is None or new.issued_on is None:
        return None
    first, last = old.valid_until_on + timedelta(days=1), new.issued_on - timedelta(days=1)
    return Gap(first, last) if first <= last else None


def uncovered(
    kind: CertificateType | None, certificate: Certificate, sites: list[SupplierSite]
) -> list[SupplierSite]:
    """Give the sites that a certificate does not name."""
    if kind is None or not kind.names_sites:
        return []
    return [site for site in sites if site.id not in certificate.site_ids]


async def checks(db: AsyncSession, who: Principal, record: Record) -> list[Check]:
    """Compare a certificate with what is known of its supplier."""
    certificate = record.certificate
    old = await records.before(db, who, certificate)
    sites = await records.sites(db, who, certificate.supplier_id)
    found = [await _number(db, who, certificate)]
    found += _days(old, certificate)
    found += _length(record.kind, certificate)
    found += _sites(uncovered(record.kind, certificate, sites), sites, old)
    found += await _scope(db, who, record)
    return found


async def _number(db: AsyncSession, who: Principal, certificate: Certificate) -> Check:
    same = (
        select(func.count())
        .select_from(Certificate)
        .where(
            scopes.condition(who, Certificate),
            col(Certificate.supplier_id) == certificate.supplier_id,
            col(Certificate.id) != certificate.id,
            func.lower(col(Certificate.number)) == certificate.number.lower(),
        )
    )
    if (await db.execute(same)).scalar_one():
        return Check(is_good=True, sentence=_("Same number as an earlier one: this one renews it"))
    return Check(is_good=True, sentence=_("Number not used before by this supplier"))


def _days(old: Certificate | None, new: Certificate) -> list[Check]:
    if found := gap(old, new):
        days = ngettext(
            "%(num)s day without a valid certificate", "%(num)s days without a valid certificate", found.days
        )
        return [
            Check(
                is_good=False, sentence=f"{days}, {found.first_on.isoformat()} – {found.last_on.isoformat()}"
            )
        ]
    if old is not None and old.valid_until_on is not None and new.issued_on is not None:
        return [Check(is_good=True, sentence=_("No gap: it begins before the old one ends"))]
    return []


def _length(kind: CertificateType | None, certificate: Certificate) -> list[Check]:
    """Compare how long it is valid with what is usual; a month more or less is nothing."""
    begin, end = certificate.issued_on, certificate.valid_until_on
    if kind is None or kind.usual_months is None or begin is None or end is None:
        return []
    months = round((end - begin).days / 30.44)
    if months > kind.usual_months + 1:
        sentence = _(
            "Valid for %(months)s months; %(usual)s are usual. Look at the days again.",
            months=months,
            usual=kind.usual_months,
        )
        return [Check(is_good=False, sentence=sentence)]
    return [Check(is_good=True, sentence=_("Valid as long as usual, or shorter"))]


def _sites(missing: list[SupplierSite], sites: list[SupplierSite], old: Certificate | None) -> list[Check]:
    lost = [site.name for site in missing if old is not None and site.id in old.site_ids]
    never = [site.name for site in missing if site.name not in lost]
    found = []
    if lost:
        sentence = _("%(sites)s was covered before and is not any more", sites=", ".join(lost))
        found.append(Check(is_good=False, sentence=sentence))
    if never:
        found.append(Check(is_good=False, sentence=_("%(sites)s is not covered", sites=", ".join(never))))
    if sites and not missing:
        found.append(Check(is_good=True, sentence=_("Every site is covered")))
    return found


async def _scope(db: AsyncSession, who: Principal, record: Record) -> list[Check]:
    """Look for what the supplier is approved for in the scope's text; another language is no mistake."""
    text = record.certificate.scope.casefold()
    if not text or record.kind is None or not record.kind.names_sites:
        return []
    query = (
        scopes.visible(who, AslEntry)
        .with_only_columns(col(AslEntry.scope))
        .where(
            col(AslEntry.supplier_id) == record.supplier.id,
            col(AslEntry.status).in_(_APPROVED),
        )
        .order_by(col(AslEntry.scope))
    )
    approved = list(dict.fromkeys((await db.execute(query)).scalars()))
    unnamed = [each for each in approved if not _names(text, each)]
    if not approved:
        return []
    if unnamed:
        sentence = _("The scope does not name %(scope)s. Read whether it means it.", scope=", ".join(unnamed))
        return [Check(is_good=False, sentence=sentence)]
    return [Check(is_good=True, sentence=_("The scope names what the supplier is approved for"))]


def _names(text: str, scope: str) -> bool:
    return any(word.casefold()[:_LETTERS_OF_A_STEM] in text for word in scope.split() if len(word) > 3)
