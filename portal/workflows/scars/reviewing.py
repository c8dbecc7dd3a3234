"""What we decide: each discipline is accepted, or returned with a reason; the SCAR follows."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from portal import clock
from portal.access.principal import Principal
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_, _
from portal.models.scars import AnswerStatus, CauseKind, Discipline, Scar, ScarStatus, Stage
from portal.workflows.scars import clocks, issue, record
from portal.workflows.scars.record import Answers
from portal.workflows.scars.steps import AWAITED, DECIDING, REVIEWED, STAGES, STEPS
from portal.workflows.steps import advance

# Said with D5 when only D4 got a reason: actions against a cause that does not hold are none.
FOLLOWS = N_("The root cause has to be settled first.")


@dataclass(frozen=True, slots=True)
class Decision:
    """``reason`` says what is missing when it is returned; with an acceptance it is a remark, or ''."""

    accepted: bool
    reason: str = ""


def to_decide(scar: Scar, answers: Answers) -> tuple[Discipline, ...]:
    """The disciplines that wait for our decision."""
    stage = REVIEWED.get(scar.status)
    if stage is None:
        return ()
    return tuple(each for each in STAGES[stage] if answers.status(each) is AnswerStatus.SUBMITTED)


async def decide(
    db: AsyncSession,
    scar: Scar,
    answers: Answers,
    decisions: Mapping[Discipline, Decision],
    *,
    by: Principal,
    cause: CauseKind | None = None,
    shown: Mapping[int, Discipline] | None = None,
) -> None:
    """Decide on everything that waits, in a locked SCAR.

    Args:
        db: the transaction of the request.
        scar: locked.
        answers: all of its versions.
        decisions: one for each discipline that waits; D5 follows D4 when that is returned.
        by: not who wrote an answer on the supplier's behalf.
        cause: of what kind the accepted root cause is.
        shown: which criteria, by id, an accepted discipline has met.

    Raises:
        NotReadyError: nothing waits, somebody else has just decided, or the decider wrote it.
        BadInputError: a decision or the reason of a return is missing.
    """
    waiting = to_decide(scar, answers)
    if not waiting:
        raise NotReadyError(N_("Nothing waits for a decision here. Somebody may have decided a moment ago."))
    settled = _settled(waiting, decisions)
    for each in waiting:
        answer = answers.newest(each)
        if answer is not None and answer.is_on_behalf and answer.written_by_id == by.person_id:
            raise NotReadyError(
                _("You wrote %(step)s for the supplier: somebody else has to decide on it.", step=each.value)
            )
    stage = REVIEWED[scar.status]
    taken = _walk(scar, settled, by)
    _write(answers, settled, by)
    is_over = all(each.accepted for each in settled.values())
    if scar.status in AWAITED or is_over:
        its_clock = await clocks.current(db, scar, stage)
        its_clock.accepted, its_clock.decided_at = is_over, clock.now()
        await db.flush()
        await clocks.go_on(db, scar)
    if cause is not None and settled.get(Discipline.D4, Decision(accepted=False)).accepted:
        scar.cause = cause
    await _criteria(db, scar, settled, shown or {})
    if scar.status is ScarStatus.EFFECTIVENESS_CHECK:
        scar.due_at = None
    await clocks.feed(db, scar)
    await _tell(db, scar, settled, stage, taken, by)


def _settled(
    waiting: tuple[Discipline, ...], decisions: Mapping[Discipline, Decision]
) -> dict[Discipline, Decision]:
    settled = {each: decisions[each] for each in waiting if each in decisions}
    cause = settled.get(Discipline.D4)
    if cause is not None and not cause.accepted and Discipline.D5 in waiting:
        own = settled.get(Discipline.D5)
        settled[Discipline.D5] = Decision(
            accepted=False, reason=(own.reason if own and not own.accepted else "") or FOLLOWS
        )
    if undecided := [each.value for each in waiting if each not in settled]:
        raise BadInputError(
            _("Decide on %(steps)s as well: the supplier gets one answer.", steps=", ".join(undecided))
        )
    for each, decision in settled.items():
        if not decision.accepted and not decision.reason:
            raise BadInputError(
                _("Say what is missing in %(step)s, so that the supplier can add it.", step=each.value)
            )
    return settled


def _walk(scar: Scar, settled: Mapping[Discipline, Decision], by: Principal) -> list[str]:
    """Take the steps that the decisions lead to; D4 and D5 are two steps, sent as one."""
    taken: list[str] = []

    def step(name: str) -> None:
        advance(scar, STEPS, name, by=by)
        taken.append(name)

    name = DECIDING[scar.status]
    if name == "root_cause":
        step("accept_root_cause" if settled[Discipline.D4].accepted else "return_root_cause")
        if not settled[Discipline.D4].accepted or Discipline.D5 not in settled:
            return taken
        step("take_up_actions")
        step("accept_actions" if settled[Discipline.D5].accepted else "return_actions")
        return taken
    step(f"{'accept' if all(each.accepted for each in settled.values()) else 'return'}_{name}")
    return taken


def _write(answers: Answers, settled: Mapping[Discipline, Decision], by: Principal) -> None:
    now = clock.now()
    for each, decision in settled.items():
        answer = answers.newest(each)
        assert answer is not None  # noqa: S101 - only what was sent is decided on
        answer.status = AnswerStatus.ACCEPTED if decision.accepted else AnswerStatus.RETURNED
        answer.reason = decision.reason
        answer.decided_at, answer.decided_by_id = now, by.person_id
        answer.updated_at, answer.version = now, answer.version + 1


async def _criteria(
    db: AsyncSession, scar: Scar, settled: Mapping[Discipline, Decision], shown: Mapping[int, Discipline]
) -> None:
    accepted = {each for each, decision in settled.items() if decision.accepted}
    for criterion in await issue.criteria_of(db, scar):
        discipline = shown.get(criterion.id)
        if discipline in accepted:
            criterion.shown_with = discipline
            criterion.version += 1
            criterion.updated_at = clock.now()


async def _tell(
    db: AsyncSession,
    scar: Scar,
    settled: Mapping[Discipline, Decision],
    stage: Stage,
    taken: list[str],
    by: Principal,
) -> None:
    """One event for each discipline that came back, else one for the stage; one mail in any case."""
    returned = {each: decision for each, decision in settled.items() if not decision.accepted}
    for number, (each, decision) in enumerate(returned.items()):
        await record.note(
            db,
            scar,
            "returned",
            by=by,
            stage=stage,
            discipline=each,
            words=decision.reason,
            tell=not number,
        )
    if not returned:
        await record.note(db, scar, taken[-1], by=by, stage=stage)
