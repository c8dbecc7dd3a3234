"""The 8D as a record that stands alone: what the PDF is set from, and the JSON of the same fields.

Both sides get the same: what is internal, cost lines and drafts are in neither. Its fields stand in
``docs/8d-record.md``; instants are UTC, days are days, quantities are texts so that no digit is lost.
"""

from collections.abc import AsyncIterator, Iterable
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.errors import NotReadyError
from portal.languages import N_
from portal.models.documents import Document, DocumentPreview
from portal.models.scars import Discipline, ScarAnswer, ScarEvent, ScarStatus, Stage
from portal.storage import DocumentStore
from portal.workflows.scars.overview import PHOTOS, Overview
from portal.workflows.scars.steps import STAGE_OF

FORMAT = "assay-8d/1"
MOST_PICTURES = 24
_WIDTH = 720  # pixels: sharp at half a page's width


def record(view: Overview) -> dict[str, Any]:
    """Give the record, its keys always in this order.

    Raises:
        NotReadyError: it is not issued yet.
    """
    scar = view.scar
    if scar.status is ScarStatus.DRAFT or scar.issued_at is None:
        raise NotReadyError(N_("This SCAR is a draft. Its 8D begins when it is issued."))
    return {
        "format": FORMAT,
        "number": scar.number,
        "title": scar.title,
        "state": scar.status.value,
        "severity": scar.severity.value,
        "round": scar.round,
        "organisation": view.us,
        "supplier": {"number": view.supplier.number, "name": view.supplier.name},
        "plant": view.plant.name,
        "part": {"number": view.part.number, "name": view.part.name} if view.part else None,
        "defect": scar.defect,
        "lots": scar.lots,
        "quantity_bad": str(scar.quantity),
        "quantity_checked": str(scar.quantity_checked),
        "description": scar.description,
        "cause": scar.cause.value if scar.cause else None,
        "issued_at": _instant(scar.issued_at),
        "issued_by": view.name(scar.author_id),
        "engineer": view.name(scar.owner_id),
        "answered_by": view.name(scar.assignee_id) or None,
        "criteria": [
            {"words": each.words, "shown_with": each.shown_with.value if each.shown_with else None}
            for each in view.criteria
        ],
        "nonconformances": [
            {
                "number": each.number,
                "found_on": each.found_on.isoformat(),
                "defect": each.kind,
                "quantity": str(each.quantity),
                "checked": str(each.checked) if each.checked is not None else None,
                "lot": each.lot_number,
            }
            for each in view.found
        ],
        "photos": [_file(each) for each in view.files.get(PHOTOS, ())],
        "disciplines": [_discipline(view, each) for each in Discipline if each is not Discipline.D8],
        "effectiveness": {
            "plan": scar.plan,
            "planned_by": view.name(scar.plan_by_id) or None,
            "check_on": _day(scar.plan_due_on),
            "checked_at": _instant(scar.checked_at),
            "checked_by": view.name(scar.checked_by_id) or None,
            "is_effective": scar.is_effective,
            "shown": scar.check_note,
        },
        "closure": {
            "closed_at": _instant(scar.closed_at),
            "closed_by": view.name(scar.closed_by_id) or None,
            "words": scar.closing_note,
            "cancelled": scar.cancel_reason or None,
        },
        "decisions": [
            _event(each) for each in view.events if not each.is_internal and not each.kind.startswith("cost_")
        ],
    }


def _discipline(view: Overview, discipline: Discipline) -> dict[str, Any]:
    answer = view.answers.sent(discipline)
    stage = view.clock_of(STAGE_OF[discipline])
    is_received = stage is not None and STAGE_OF[discipline] is Stage.ACKNOWLEDGEMENT and stage.accepted
    return {
        "discipline": discipline.value,
        "state": answer.status.value if answer else "received" if is_received else "open",
        "due_at": _instant(stage.due_at if stage else None),
        **_answer(view, answer),
        "evidence": [_file(each) for each in view.files.get(discipline.value, ())],
    }


def _answer(view: Overview, answer: ScarAnswer | None) -> dict[str, Any]:
    if answer is None:
        return dict.fromkeys(_OF_AN_ANSWER)
    return dict(
        zip(
            _OF_AN_ANSWER,
            (
                answer.revision,
                answer.language,
                answer.content,
                _translation(view, answer),
                _instant(answer.submitted_at),
                view.writer(answer),
                answer.is_on_behalf,
                _instant(answer.decided_at),
                view.name(answer.decided_by_id) or None,
                answer.reason,
            ),
            strict=True,
        )
    )


def _translation(view: Overview, answer: ScarAnswer) -> dict[str, Any] | None:
    if not answer.translation:
        return None
    by = view.name(answer.translated_by_id)
    return {"language": answer.translation_language, "content": answer.translation, "by": by}


_OF_AN_ANSWER = (
    *("revision", "language", "content", "translation", "sent_at", "sent_by", "is_on_behalf"),
    *("decided_at", "decided_by", "remark"),
)


def _file(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "name": document.file_name,
        "media_type": document.media_type,
        "size": document.size,
        "sha256": document.sha256,
        "sent_by": document.uploaded_by_name,
        "sent_at": _instant(document.created_at),
    }


def _event(event: ScarEvent) -> dict[str, Any]:
    return {
        "at": _instant(event.at),
        "what": event.kind,
        "discipline": event.discipline.value if event.discipline else None,
        "by": event.person_name or None,
        "side": "organisation" if event.is_ours else "supplier",
        "words": event.note,
    }


def _instant(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def _day(value: date | None) -> str | None:
    return value.isoformat() if value else None


async def pictures(db: AsyncSession, store: DocumentStore, view: Overview) -> dict[int, bytes]:
    """Give the pictures to print by document: photos and the first page of each piece of evidence.

    What has none yet, is still being checked or lies beyond the first two dozen is listed by its name.
    """
    shown: Iterable[Document] = (each for files in view.files.values() for each in files)
    ids = [each.id for each in shown if each.is_open and each.media_type.startswith("image/")]
    found = await db.execute(
        select(DocumentPreview)
        .where(
            col(DocumentPreview.document_id).in_(ids[:MOST_PICTURES]),
            col(DocumentPreview.page) == 1,
            col(DocumentPreview.width) <= _WIDTH,
        )
        .order_by(col(DocumentPreview.document_id), col(DocumentPreview.width))
    )
    largest = {each.document_id: each for each in found.scalars()}
    return {key: await _whole(store.open(each.file_key)) for key, each in largest.items()}


async def _whole(chunks: AsyncIterator[bytes]) -> bytes:
    return b"".join([chunk async for chunk in chunks])
