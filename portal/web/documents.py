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
from portal.db import Database
from portal.errors import TooLargeError
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

    sent = await sent_files.read(request, db, keep, limit=settings.max_document_bytes, most_files=most_files)
    before = [row_id(value) for value in sent.data.getall(FIELD, []) if isinstance(value, str)]
    new, refused = await _recorded(request, settings, who, sent.kept) if sent.kept else ([], [])
    await once.begin(request, db, who)
    documents = await finding.unattached(db, who, before) if before else []
    ids = [*before, *(each.id for each in new)]
    return SentForm(sent.data, [*documents, *new], ids, [*sent.refused, *refused])


async def _recorded(
    request: Request[Any, Any, Any], settings: Settings, who: Principal, kept: Sequence[Taken]
) -> tuple[list[Document], list[Refused]]:
    """Write down what was kept, in a transaction of its own: it is there whatever becomes of the form.

    Where there is no room for all of it, what fits is written down.
    """
    database: Database = request.app.state.database
    recorded, refused = [], []
    async with turn(request.route_handler), database.work(who) as db:
        for taken in kept:
            try:
                recorded.append(await receiving.record(db, settings, who, taken))
            except TooLargeError as full:
                refused.append(Refused(taken.name, full.sentence, full.status))
    return recorded, refused
