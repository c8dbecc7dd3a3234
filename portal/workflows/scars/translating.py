"""An answer in a second language, beside what the supplier wrote; what was written never changes."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import NotFoundError, NotReadyError
from portal.languages import N_
from portal.models.scars import Discipline, ScarAnswer
from portal.workflows import editing
from portal.workflows.scars.disciplines import DISCIPLINES
from portal.workflows.scars.record import Answers


def to_translate(answers: Answers, discipline: Discipline) -> ScarAnswer:
    """Give the newest answer that was sent.

    Raises:
        NotReadyError: nothing was sent, or nothing was written.
    """
    found = answers.sent(discipline)
    if found is None or not any(found.content.values()):
        raise NotReadyError(N_("Nothing is sent for this step yet: there is nothing to translate."))
    return found


async def save(
    db: AsyncSession,
    answer: ScarAnswer,
    content: dict[str, Any],
    language: str,
    version: int,
    *,
    by: Principal,
) -> None:
    """Put a translation beside an answer, or take it away where nothing is written.

    Raises:
        StaleError: somebody else changed it, or it was decided on, meanwhile.
    """
    if not may(by, P.SCARS_WRITE):
        raise NotFoundError
    editing.refuse_stale(answer, version)
    asked = {ask.key for ask in DISCIPLINES[answer.discipline].asks}
    kept = {key: value for key, value in content.items() if key in asked and value}
    answer.translation = kept or None
    answer.translation_language = language if kept else ""
    answer.translated_by_id = by.person_id if kept else None
    answer.version += 1
    answer.updated_at = clock.now()
    await db.flush()
