"""What the supplier sends: the acknowledgement, and stage by stage what was drafted."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.errors import BadInputError, NotReadyError
from portal.languages import _
from portal.models.scars import AnswerStatus, Discipline, Scar, ScarAnswer, Stage
from portal.workflows.scars import clocks, disciplines, record
from portal.workflows.scars.record import Answers
from portal.workflows.scars.steps import AWAITED, SENDING, STAGES, STEPS
from portal.workflows.steps import advance


class IncompleteError(BadInputError):
    """A stage that cannot be sent yet; ``lacks`` holds (discipline, key, sentence) for each thing missing."""

    def __init__(self, lacks: list[tuple[Discipline, str, str]]) -> None:
        super().__init__(" ".join(f"{each.value}: {sentence}" for each, _key, sentence in lacks))
        self.lacks = lacks


def awaited(scar: Scar, answers: Answers) -> tuple[Discipline, ...]:
    """The disciplines that are sent together next; those that were accepted already are not among them."""
    stage = AWAITED.get(scar.status)
    return tuple(each for each in STAGES[stage] if answers.is_open(each)) if stage else ()


def stage_now(scar: Scar) -> Stage:
    """The stage whose turn it is.

    Raises:
        NotReadyError: nothing is awaited from the supplier.
    """
    if scar.status not in AWAITED:
        raise NotReadyError(_("This has moved on since you opened it. Open it again to see what comes next."))
    return AWAITED[scar.status]


def lacking(answers: Answers, wanted: tuple[Discipline, ...]) -> list[tuple[Discipline, str, str]]:
    """What is missing before these disciplines can be sent."""
    found = []
    for each in wanted:
        newest = answers.newest(each)
        is_draft = newest is not None and newest.status is AnswerStatus.DRAFT
        if newest is not None and newest.status is AnswerStatus.RETURNED:
            found.append((each, "", _("It was returned. Change it, then send it again.")))
        else:
            content = newest.content if newest and is_draft else {}
            found += [(each, key, sentence) for key, sentence in disciplines.missing(each, content)]
    return found


async def send(db: AsyncSession, scar: Scar, answers: Answers, stage: Stage, *, by: Principal) -> None:
    """Send a stage of a locked SCAR. From here on it is our turn, and the supplier's clock stands.

    Raises:
        NotReadyError: this stage is not next, or was sent a moment ago.
        IncompleteError: something is still to be written.
    """
    if AWAITED.get(scar.status) is not stage:
        raise NotReadyError(_("This has moved on since you opened it. Open it again to see what comes next."))
    wanted = awaited(scar, answers)
    if lacks := lacking(answers, wanted):
        raise IncompleteError(lacks)
    step = SENDING[scar.status]
    advance(scar, STEPS, step, by=by)
    now = clock.now()
    for each in wanted:
        draft = answers.newest(each)
        if draft is not None and draft.status is AnswerStatus.DRAFT:
            _submit(draft)
            if each is Discipline.D4:
                scar.is_weak = draft.is_weak
    its_clock = await clocks.current(db, scar, stage)
    its_clock.submitted_at, its_clock.accepted = now, None
    if stage is Stage.ACKNOWLEDGEMENT:
        _received(answers)
        its_clock.accepted, its_clock.decided_at = True, now
        await db.flush()
        await clocks.set_due(db, scar)
    else:
        await clocks.stop(db, scar, stage)
        scar.due_at, scar.escalation = None, 0
    await clocks.feed(db, scar)
    await record.note(db, scar, step, by=by, stage=stage)


def _received(answers: Answers) -> None:
    """An acknowledgement needs no decision of ours."""
    answer = answers.newest(Discipline.D0)
    if answer is not None and answer.status is AnswerStatus.SUBMITTED:
        answer.status, answer.decided_at = AnswerStatus.ACCEPTED, clock.now()


def _submit(draft: ScarAnswer) -> None:
    draft.status = AnswerStatus.SUBMITTED
    draft.submitted_at = draft.updated_at = clock.now()
    draft.version += 1
