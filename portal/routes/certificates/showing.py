"""What the pages about certificates have in common: their form, short days, the pages of a file."""

from datetime import date
from typing import Any, NamedTuple

from litestar.datastructures import FormMultiDict

from portal.access.principal import Principal
from portal.languages import N_, spoken
from portal.models.certificates import Certificate, CertificateStatus
from portal.models.documents import Document
from portal.reading import Found, Reading
from portal.web.depends import Db
from portal.web.filters import MONTHS
from portal.web.forms import Form, day, text, whole
from portal.workflows.certificates import records
from portal.workflows.documents import finding

_LARGEST = 2**53
_NEAR = 100  # days, of which the very day is shown


class CertificateForm(Form):
    type = whole(N_("Type"), low=1, high=_LARGEST, ask=N_("Choose what kind of certificate it is."))
    number = text(N_("Number"), limit=120, ask=N_("Enter the number of the certificate."))
    issuing_body = text(N_("Issued by"), limit=200, required=False)
    issued_on = day(N_("Issued on"), required=False)
    valid_until_on = day(N_("Valid until"), required=False)
    accreditation = text(N_("Accreditation"), limit=200, required=False)
    scope = text(N_("Scope"), limit=4000, required=False)


class Sheet(NamedTuple):
    """One page of the file as a picture, with what was read there: (mark, name of the field, box)."""

    number: int
    href: str
    width: int
    height: int
    marks: list[tuple[int, str, tuple[int, int, int, int]]]


def as_typed(certificate: Certificate) -> dict[str, str]:
    """A certificate as its form begins."""
    return {
        "type": str(certificate.type_id or ""),
        "number": certificate.number,
        "issuing_body": certificate.issuing_body,
        "issued_on": certificate.issued_on.isoformat() if certificate.issued_on else "",
        "valid_until_on": certificate.valid_until_on.isoformat() if certificate.valid_until_on else "",
        "accreditation": certificate.accreditation,
        "scope": certificate.scope,
    }


def values_of(form: CertificateForm, site_ids: list[int]) -> dict[str, Any]:
    names = ("number", "issuing_body", "issued_on", "valid_until_on", "accreditation", "scope")
    return {**{name: form[name] for name in names}, "site_ids": site_ids}


def sites_of(data: FormMultiDict) -> list[int]:
    """Give the ids of the sites that are ticked; what is no number is none of theirs."""
    given = [each for each in data.getall("sites", []) if isinstance(each, str)]
    return [int(each) for each in given if each.isascii() and each.isdigit() and len(each) < 19]


async def sheets(db: Db, file: Document | None, reading: Reading | None) -> list[Sheet]:
    """Give the pages of a file that may be shown, the widest picture of each."""
    if file is None or not file.is_open:
        return []
    widest = {each.page: each for each in await finding.previews(db, file)}
    found = marks(reading)
    return [
        Sheet(
            number,
            f"/documents/{file.id}/pages/{number}/{each.width}",
            each.width,
            each.height,
            [(mark, name, one.box) for name, (mark, one) in found.items() if one.page == number],
        )
        for number, each in sorted(widest.items())
    ]


def marks(reading: Reading | None) -> dict[str, tuple[int, Found]]:
    """Number what was read, in the order of the fields."""
    if reading is None:
        return {}
    return {name: (mark, found) for mark, (name, found) in enumerate(reading.found.items(), 1)}


def short_day(value: date | None, today: date) -> str:
    """4 Dec 26 where the very day counts; Mar 28 when it is far away."""
    if value is None:
        return ""
    month = MONTHS[spoken()][value.month - 1][:3]
    if abs((value - today).days) <= _NEAR:
        return f"{value.day} {month} {value:%y}"
    return f"{month} {value:%y}"


async def names_of_sites(db: Db, who: Principal, certificate: Certificate) -> list[str]:
    sites = await records.sites(db, who, certificate.supplier_id)
    return [site.name for site in sites if site.id in certificate.site_ids]


def can_be_corrected(certificate: Certificate) -> bool:
    return certificate.status in {CertificateStatus.DRAFT, CertificateStatus.REJECTED}
