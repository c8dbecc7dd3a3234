"""Who must hold what, and where each of the made-up suppliers stands with it; the newest as real PDFs."""

import asyncio
import io
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pypdfium2 as pdfium
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access.principal import Principal, system
from portal.models.certificates import (
    Certificate,
    CertificateReminder,
    CertificateRequirement,
    CertificateStatus,
    CertificateType,
    Level,
    OnLapse,
)
from portal.models.people import Person, Role
from portal.models.suppliers import Contact, ProcessRole, Supplier, SupplierSite
from portal.reading import pages_of, read_certificate
from portal.sample import chance
from portal.sample.companies import COMPANIES, Company
from portal.sample.days import Anchor
from portal.sample.house import COMMODITY_IDS, ENGINEER
from portal.sample.papers import LANGUAGES, Paper, pdf
from portal.sample.papers.paper import LAYOUTS
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows import documents
from portal.workflows.certificates import following
from portal.workflows.certificates.records import Record
from portal.workflows.certificates.reminders import LADDER

ISO, IATF, GREEN, ROHS, INSURANCE, MINERALS = (
    *("ISO 9001", "IATF 16949", "ISO 14001", "RoHS / REACH", "Insurance", "Conflict minerals"),
)
_EDITION = {ISO: "ISO 9001:2015", IATF: "IATF 16949:2016", GREEN: "ISO 14001:2015"}
_BODIES = (
    ("Rhein Quality Services GmbH", "DAkkS D-ZM-14143-01-00"),
    ("Halden Quality Register Ltd", "UKAS 0087"),
    ("Wisła Cert sp. z o.o.", "PCA AC 118"),
)
_INSURERS = ("Nordisk Assurance AB", "Weichsel Versicherung AG")
_SCOPES = {
    "CAST": "Manufacture of castings and machining for drive systems",
    "FORG": "Manufacture and heat treatment of forgings",
    "MACH": "Manufacture of precision-machined parts, without product design",
    "ELEC": "Design and manufacture of electronics for motor control",
    "FAST": "Manufacture of fasteners and turned parts",
    "PLAT": "Plating and coating of metal parts",
    "PACK": "Manufacture of industrial packaging",
}


@dataclass(frozen=True, slots=True)
class Turn:
    """How a supplier stands with a type, where that is a story of its own.

    ``left`` are the days until what it holds ends, None when it holds none; ``newer`` is what became of the
    next one, ``ago`` days before today; ``gap`` days lay between the two before.
    """

    left: int | None
    newer: CertificateStatus | None = None
    ago: int = 0
    gap: int = 0
    scanned: bool = False


_SENT, _BACK = CertificateStatus.SUBMITTED, CertificateStatus.REJECTED
STORIES = {
    ("104417", ISO): Turn(22),
    ("100377", ROHS): Turn(5, _SENT, 2),
    ("100533", ISO): Turn(-12),
    ("100533", MINERALS): Turn(None),
    ("100610", IATF): Turn(20),
    ("100610", INSURANCE): Turn(47),
    ("100942", IATF): Turn(18, _SENT, 1),
    ("100015", GREEN): Turn(35),
    ("100819", ROHS): Turn(16),
    ("101776", INSURANCE): Turn(6, _SENT, 3, scanned=True),
    ("100701", ROHS): Turn(40, _BACK, 6),
    ("100701", INSURANCE): Turn(None),
    ("101932", INSURANCE): Turn(58),
    ("101690", MINERALS): Turn(81),
    ("107004", ISO): Turn(None, _SENT, 1),
    ("107004", ROHS): Turn(None),
    ("107004", MINERALS): Turn(None),
    ("100577", ISO): Turn(-41),
    ("100128", ISO): Turn(700, gap=13),
}


async def hand_in(db: AsyncSession, store: DocumentStore, settings: Settings, anchor: Anchor) -> None:
    """Write it all inside the caller's transaction; the worker checks the files after it has committed."""
    kinds = {each.code: each for each in (await db.execute(select(CertificateType))).scalars()}
    _require(db, kinds)
    await db.flush()
    suppliers = {each.number: each for each in (await db.execute(select(Supplier))).scalars()}
    made = _Maker(db, store, settings, anchor, kinds)
    for company in COMPANIES:
        if company.story != "exited":
            await made.all_of(company, suppliers[company.number])


def _require(db: AsyncSession, kinds: dict[str, CertificateType]) -> None:
    rules = (
        (
            ISO,
            Level.MANDATORY,
            None,
            OnLapse.CONDITIONAL,
            "Our own certificate asks for it of every supplier.",
        ),
        (IATF, Level.MANDATORY, "CAST", OnLapse.SHOW, "Customers in vehicles ask for it."),
        (IATF, Level.MANDATORY, "FORG", OnLapse.SHOW, "Customers in vehicles ask for it."),
        (IATF, Level.MANDATORY, "MACH", OnLapse.SHOW, "Customers in vehicles ask for it."),
        (GREEN, Level.DESIRED, None, OnLapse.SHOW, ""),
        (ROHS, Level.MANDATORY, None, OnLapse.SHOW, "A new declaration every year."),
        (INSURANCE, Level.MANDATORY, None, OnLapse.SHOW, "Product liability of at least € 5 million."),
        (MINERALS, Level.MANDATORY, None, OnLapse.SHOW, ""),
    )
    db.add_all(
        CertificateRequirement(
            type_id=kinds[code].id,
            level=level,
            commodity_id=COMMODITY_IDS[commodity] if commodity else None,
            on_lapse=on_lapse,
            note=note,
        )
        for code, level, commodity, on_lapse, note in rules
    )


@dataclass(frozen=True, slots=True)
class _Maker:
    db: AsyncSession
    store: DocumentStore
    settings: Settings
    anchor: Anchor
    kinds: dict[str, CertificateType]

    async def all_of(self, company: Company, supplier: Supplier) -> None:
        for code in (ISO, IATF, GREEN, ROHS, INSURANCE, MINERALS):
            source = chance.of("certificate", company.number, code)
            story = STORIES.get((company.number, code))
            if story is None:
                if code == IATF and company.commodity not in {"CAST", "FORG", "MACH"}:
                    continue
                if code == GREEN and source.random() < 0.4:
                    continue
                yearly = self.kinds[code].usual_months == 12
                story = Turn(source.randint(100, 330 if yearly else 980))
            await self._story(company, supplier, code, story)

    async def _story(self, company: Company, supplier: Supplier, code: str, story: Turn) -> None:
        today = self.anchor.as_of
        held = None
        if story.left is not None:
            held = await self._certificate(company, supplier, code, today + timedelta(days=story.left), 0)
        if held is not None and story.gap:
            begin = held.issued_on or today
            before = await self._certificate(
                company,
                supplier,
                code,
                begin - timedelta(days=story.gap + 1),
                1,
                CertificateStatus.SUPERSEDED,
            )
            held.renews_id = before.id
        if story.newer is not None:
            await self._newer(company, supplier, code, story, held)
        elif held is not None and story.left is not None and story.left <= LADDER[0]:
            await self._reminded(Record(held, supplier, self.kinds[code]), story.left)

    async def _newer(
        self, company: Company, supplier: Supplier, code: str, story: Turn, held: Certificate | None
    ) -> None:
        """Hand in the next one, on a real PDF."""
        begin = (held.valid_until_on if held and held.valid_until_on else self.anchor.as_of) - timedelta(
            days=9
        )
        until = begin + timedelta(days=30 * (self.kinds[code].usual_months or 12))
        sent_at = self.anchor.now - timedelta(days=story.ago, hours=9)
        made = await self._certificate(company, supplier, code, until, 2, story.newer, sent_at)
        made.renews_id = held.id if held else None
        if story.newer is _BACK:
            made.reason = "Page 2 with the list of substances is missing."
            made.decided_at, made.decided_by_name = sent_at + timedelta(hours=7), ENGINEER
        await self.db.flush()
        record = Record(made, supplier, self.kinds[code])
        await self._paper(company, record, scanned=story.scanned)
        by = system(made.submitted_by_name)
        with clock.fixed(sent_at):
            if story.newer is _SENT:
                await following.submitted(self.db, record, held, by=by)
            else:
                await following.returned(self.db, record, held, by=by, today=sent_at.date())

    async def _certificate(
        self,
        company: Company,
        supplier: Supplier,
        code: str,
        until: date,
        turn: int,
        status: CertificateStatus | None = None,
        sent_at: datetime | None = None,
    ) -> Certificate:
        source = chance.of("certificate", company.number, code, turn)
        months = self.kinds[code].usual_months or 12
        issued_on = until - timedelta(days=round(30.44 * months)) + timedelta(days=1)
        body, mark = source.choice(_BODIES) if code in _EDITION else (source.choice(_INSURERS), "")
        sites = select(col(SupplierSite.id)).where(col(SupplierSite.supplier_id) == supplier.id)
        name, person_id = await self._sender(supplier)
        default = CertificateStatus.EXPIRED if until < self.anchor.as_of else CertificateStatus.ACCEPTED
        made = Certificate(
            supplier_id=supplier.id,
            type_id=self.kinds[code].id,
            status=default if status is None or status is _BACK else status,
            number=f"{code[:4].upper().strip()} {source.randint(10, 99)} {source.randint(100000, 999999)}",
            issuing_body=body if code in {*_EDITION, INSURANCE} else company.name,
            accreditation=mark,
            scope=_SCOPES[company.commodity] if code in _EDITION else "",
            site_ids=list((await self.db.execute(sites)).scalars()) if code in _EDITION else [],
            issued_on=issued_on,
            valid_until_on=until,
            submitted_at=sent_at
            or self.anchor.now - timedelta(days=(self.anchor.as_of - issued_on).days - 6),
            submitted_by_id=person_id,
            submitted_by_name=name,
            decided_by_name=ENGINEER if status is not _SENT else "",
        )
        if status is _BACK:
            made.reason, made.status = "Returned", _BACK
        self.db.add(made)
        await self.db.flush()
        return made

    async def _sender(self, supplier: Supplier) -> tuple[str, int | None]:
        contact = (
            select(Contact)
            .where(col(Contact.supplier_id) == supplier.id)
            .order_by(col(Contact.role) != ProcessRole.QUALITY, col(Contact.id))
            .limit(1)
        )
        found = (await self.db.execute(contact)).scalar_one_or_none()
        if found is None:
            return supplier.name, None
        person = select(col(Person.id)).where(col(Person.email) == found.email)
        return found.name, (await self.db.execute(person)).scalar_one_or_none()

    async def _reminded(self, record: Record, left: int) -> None:
        """The steps that were taken already, and the task that they left open."""
        for step in (each for each in LADDER if each >= left):
            at = self.anchor.now - timedelta(days=step - left, hours=-6)
            self.db.add(
                CertificateReminder(
                    supplier_id=record.supplier.id,
                    certificate_id=record.certificate.id,
                    step=step,
                    sent_at=at,
                    recipients=1,
                )
            )
        with clock.fixed(self.anchor.now):
            await following.due(self.db, record, event="Reminded")

    async def _paper(self, company: Company, record: Record, *, scanned: bool) -> None:
        """Typeset the certificate, hand the file in, and read it as the worker would."""
        certificate = record.certificate
        content = await asyncio.to_thread(_typeset, company, record, scanned)
        who = Principal(
            person_id=certificate.submitted_by_id or 0,
            name=certificate.submitted_by_name,
            role=Role.SUPPLIER_MEMBER,
            supplier_id=record.supplier.id,
        )
        name = f"{record.code.replace('/', '-')} {company.name}.pdf"
        document = await documents.receive(self.db, self.store, self.settings, who, name, _stream(content))
        document.attached_at = certificate.submitted_at
        await self.db.flush()
        await documents.attach(self.db, system("sample data"), [document.id], certificate)
        certificate.found = await asyncio.to_thread(_read, content)


def _typeset(company: Company, record: Record, scanned: bool) -> bytes:  # noqa: FBT001 # for a thread
    certificate = record.certificate
    language = company.country.lower()
    source = chance.of("paper", company.number, record.code)
    assert certificate.issued_on and certificate.valid_until_on  # noqa: S101, PT018 # made with both
    content = pdf(
        Paper(
            standard=_EDITION.get(record.code, record.code),
            number=certificate.number,
            body=certificate.issuing_body,
            company=company.name,
            sites=(f"{company.address} {company.city}",),
            scope=certificate.scope or "All products delivered to Norrland Drives AB",
            issued_on=certificate.issued_on,
            valid_until_on=certificate.valid_until_on,
            # In the annex, as it often is: the reviewer has to look.
            accreditation="" if company.number == "100942" else certificate.accreditation,
            language=language if language in LANGUAGES else "en",
            layout=source.choice(LAYOUTS),
        )
    )
    return _as_scan(content) if scanned else content


def _as_scan(content: bytes) -> bytes:
    """Make a picture of the page: what comes out of a scanner has no text."""
    out = io.BytesIO()
    page = pdfium.PdfDocument(content)[0]
    page.render(scale=1.6, grayscale=True).to_pil().save(out, "PDF", resolution=115)
    return out.getvalue()


def _read(content: bytes) -> dict[str, object]:
    with tempfile.TemporaryDirectory(prefix="assay-sample-") as folder:
        path = Path(folder) / "certificate.pdf"
        path.write_bytes(content)
        return read_certificate(pages_of(path)).kept()


async def _stream(content: bytes) -> AsyncIterator[bytes]:
    yield content
