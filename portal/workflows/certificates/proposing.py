"""What a file says becomes a draft's proposal; a person confirms it."""

import asyncio
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.principal import Principal
from portal.errors import BusyError
from portal.models.certificates import Certificate, CertificateStatus, CertificateType
from portal.models.documents import Document, DocumentStatus
from portal.models.suppliers import SupplierSite
from portal.reading import Reading, UnreadableError, pages_of, read_certificate
from portal.reading.standards import code_of
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.workflows.certificates import records, types

NOTHING = Reading(pages=0, has_text=False, found={})
_PDF = "application/pdf"


async def propose(
    db: AsyncSession, store: DocumentStore, settings: Settings, who: Principal, certificate_id: int
) -> None:
    """Read a draft's file and fill in what nobody has filled in yet.

    Raises:
        BusyError: the file is still being checked.
    """
    draft = await _draft(db, certificate_id)
    if draft is None:
        return
    file = await records.file_of(db, who, draft)
    if file is not None and file.status in {DocumentStatus.RECEIVED, DocumentStatus.CHECKING}:
        raise BusyError("The file is still being checked.")
    kinds = await types.listed(db, who)
    reading = NOTHING
    if file is not None and file.is_open and file.media_type == _PDF:
        reading = await _read(store, settings, file, [kind.code for kind in kinds])
    draft.found = reading.kept()
    _fill_in(draft, reading, kinds, await records.sites(db, who, draft.supplier_id))
    await db.flush()


async def _draft(db: AsyncSession, certificate_id: int) -> Certificate | None:
    query = select(Certificate).where(
        col(Certificate.id) == certificate_id,
        col(Certificate.status) == CertificateStatus.DRAFT,
        col(Certificate.found).is_(None),
    )
    return (await db.execute(query.with_for_update())).scalar_one_or_none()


async def _read(
    store: DocumentStore, settings: Settings, file: Document, own_kinds: Sequence[str]
) -> Reading:
    try:
        async with store.local_path(file.file_key) as path:
            pages = await asyncio.to_thread(pages_of, path, languages=settings.ocr_languages)
    except UnreadableError:
        return NOTHING
    return read_certificate(pages, own_kinds=own_kinds)


def _fill_in(
    draft: Certificate, reading: Reading, kinds: Sequence[CertificateType], sites: Sequence[SupplierSite]
) -> None:
    found = reading.found
    if draft.type_id is None and "standard" in found:
        code = code_of(found["standard"].value, [kind.code for kind in kinds])
        draft.type_id = next((kind.id for kind in kinds if kind.code == code), None)
    for name in ("number", "issuing_body", "accreditation", "scope"):
        if not getattr(draft, name) and name in found:
            setattr(draft, name, found[name].value)
    for name in ("issued_on", "valid_until_on"):
        if getattr(draft, name) is None and name in found:
            setattr(draft, name, date.fromisoformat(found[name].value))
    if draft.issued_on and draft.valid_until_on and draft.valid_until_on < draft.issued_on:
        draft.issued_on = None
    if not draft.site_ids:
        draft.site_ids = sites_named(reading.text, sites)


def sites_named(text: str, sites: Sequence[SupplierSite]) -> list[int]:
    """Give the sites whose name or town stands in a text; the only site is meant in any case."""
    if len(sites) == 1:
        return [sites[0].id]
    said = " ".join(text.split()).casefold()
    return [
        site.id
        for site in sites
        if any(name and name.casefold() in said for name in (site.city, site.name, site.address))
    ]
