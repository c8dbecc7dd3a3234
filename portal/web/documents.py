"""Documents out of forms: what was sent now, and what the form kept from before.

A capability whose form takes files reads it with ``read_form``, attaches ``sent.ids`` and gives ``sent`` to
the ``drop`` macro (macros/documents.html) when the form comes back.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from litestar import Request
from litestar.datastructures import FormMultiDict
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.db import Database, let_go
from portal.models.documents import Document
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.web import once, sent_files
from portal.web.reading import row_id
from portal.web.sent_files import Refused
from portal.web.turns import turn
from portal.workflows.documents import finding, receiving
from portal.workflows.documents.receiving import Taken

FIELD = "document"  # hidden: documents that the page has sent before the form
MOST_FILES = 20  # with one form


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form's fields, its documents in order, and the files that were refused."""

    data: FormMultiDict
    documents: list[Document]
    ids: list[int]  # of all that the form names: also of what is gone or foreign, which attaching refuses
    refused: list[Refused]


async def read_form(
    request: Request[Any, Any, Any], db: AsyncSession, who: Principal, *, most_files: int = MOST_FILES
) -> SentForm:
    """Read a form with files; those are kept before anything is asked of the database.

    Raises:
        NotFoundError: the form names something that is no document's number.
    """
    settings: Settings = request.app.state.settings
    store: DocumentStore = request.app.state.store

    async def keep(name: str, chunks: AsyncIterator[bytes]) -> Taken:
        return await receiving.take(store, name, chunks)

    # A file may take minutes to arrive; as many as there are connections would else stop everybody. So the
    # request's key is let go too, and taken again.
    await let_go(db)
    sent = await sent_files.read(request, keep, limit=settings.max_document_bytes, most_files=most_files)
    before = [row_id(value) for value in sent.data.getall(FIELD, []) if isinstance(value, str)]
    new = await _recorded(request, settings, who, sent.kept) if sent.kept else []
    await once.begin(request, db, who)
    documents = await finding.unattached(db, who, before) if before else []
    return SentForm(sent.data, [*documents, *new], [*before, *(each.id for each in new)], sent.refused)


async def _recorded(
    request: Request[Any, Any, Any], settings: Settings, who: Principal, kept: Sequence[Taken]
) -> list[Document]:
    """Write down what was kept, in a transaction of its own: it is there whatever becomes of the form."""
    database: Database = request.app.state.database
    async with turn(request.route_handler), database.work(who) as db:
        return [await receiving.record(db, settings, who, taken) for taken in kept]
