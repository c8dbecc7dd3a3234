"""Drafts of answers: saved as they are typed, never sent by themselves, never written over unseen."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError, StaleError
from portal.languages import _
from portal.models.scars import AnswerStatus, Discipline, Scar, ScarAnswer, ScarStatus
from portal.workflows import editing
from portal.workflows.scars import disciplines
from portal.workflows.scars.record import Answers
from portal.workflows.scars.steps import ENDED, STAGE_OF

_CLOSED_TO_WRITING = ENDED | {ScarStatus.DRAFT, ScarStatus.RESPONSIBILITY_REJECTED}


def can_write(who: Principal, scar: Scar, answers: Answers, discipline: Discipline) -> bool:
    """Whether a discipline may be written now; also ahead of its turn, while we decide on another."""
    return (
        may(who, P.SCARS_DRAFT)
        and scar.status not in _CLOSED_TO_WRITING
        and STAGE_OF.get(discipline) in answers.rounds
        and answers.is_open(discipline)
    )


async def save(
    db: AsyncSession,
    scar: Scar,
    answers: Answers,
    discipline: Discipline,
    content: dict[str, Any],
    version: int,
    *,
    by: Principal,
) -> ScarAnswer:
    """Save a draft of a locked SCAR's discipline; ``version`` is the draft's that was seen, 0 when none was.

    Raises:
        NotReadyError: it is sent or accepted, or somebody of the other side writes it.
        StaleError: a colleague saved it meanwhile.
    """
    if not may(by, P.SCARS_DRAFT):
        raise NotFoundError
    if not can_write(by, scar, answers, discipline):
        raise NotReadyError(_("%(step)s is sent and cannot be changed now.", step=discipline.value))
    draft = answers.newest(discipline)
    if draft is None or draft.status is not AnswerStatus.DRAFT:
        await _refuse_other_side(db, scar, discipline, by)
        if version:
            raise StaleError(_("Somebody else has sent this since you opened it."))
        draft = ScarAnswer(
            scar_id=scar.id,
            supplier_id=scar.supplier_id,
            plant_id=scar.plant_id,
            round=answers.rounds[STAGE_OF[discipline]],
            discipline=discipline,
            revision=len(answers.versions(discipline)) + 1,
            content=content,
            language=by.language,
            written_by_id=by.person_id or None,
            written_by_name=by.name,
            is_on_behalf=by.is_staff,
            is_weak=disciplines.is_weak(discipline, content),
        )
        db.add(draft)
        await db.flush()
        return draft
    editing.refuse_stale(draft, version)
    values = {
        "content": content,
        "language": by.language,
        "written_by_id": by.person_id or None,
        "written_by_name": by.name,
        "is_weak": disciplines.is_weak(discipline, content),
    }
    editing.apply(draft, values)
    await db.flush()
    return draft


def begin(answers: Answers, discipline: Discipline) -> dict[str, Any]:
    """What a form shows before anything new is saved: the draft, or the last version as its beginning."""
    newest = answers.newest(discipline) or answers.before(discipline)
    return dict(newest.content) if newest else {}


def draft_version(answers: Answers, discipline: Discipline) -> int:
    newest = answers.newest(discipline)
    return newest.version if newest and newest.status is AnswerStatus.DRAFT else 0


async def _refuse_other_side(db: AsyncSession, scar: Scar, discipline: Discipline, by: Principal) -> None:
    """Drafts of the other side are out of sight, but there is one draft of a discipline at a time."""
    found = await db.execute(
        select(col(ScarAnswer.id)).where(
            col(ScarAnswer.scar_id) == scar.id,
            col(ScarAnswer.discipline) == discipline,
            col(ScarAnswer.status) == AnswerStatus.DRAFT,
        )
    )
    if found.first() is not None:
        raise NotReadyError(
            _("The supplier is writing %(step)s. Ask them to send it.", step=discipline.value)
            if by.is_staff
            else _("%(step)s is being written for you. Ask your contact.", step=discipline.value)
        )
