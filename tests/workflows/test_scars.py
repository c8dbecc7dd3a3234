"""The life of a SCAR: what each side can do when, whose time it takes, and what the scorecard hears of it."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.access.principal import system
from portal.errors import BadInputError, NotFoundError, NotReadyError, StaleError
from portal.models.nonconformances import Responsibility
from portal.models.outbox import OutgoingMail
from portal.models.ratings import ResponseStage
from portal.models.scars import AnswerStatus, CauseKind, Discipline, ScarEvent, ScarStatus, Stage
from portal.models.tasks import Side, Task
from portal.workflows.scars import (
    chasing,
    clocks,
    closure,
    costs,
    disciplines,
    extensions,
    issue,
    record,
    responsibility,
    reviewing,
    sending,
    telling,
    writing,
)
from portal.workflows.scars.reviewing import Decision
from portal.workflows.scars.steps import STEPS
from portal.workflows.steps import diagram
from tests.factories import deliveries, scars
from tests.people import principal_of

TUESDAY = datetime(2026, 11, 3, 12, 30, tzinfo=UTC)  # 13:30 in Warsaw
YES, NO = Decision(accepted=True), Decision(accepted=False, reason="X-ray of the other shift is missing.")


class At:
    """Time that a story moves on: ``with at(27):`` is 27 hours after the notification."""

    def __call__(self, hours: float):
        return clock.fixed(TUESDAY + timedelta(hours=hours))


at = At()


@pytest.fixture
def us(cast):
    return principal_of(cast.elin)


@pytest.fixture
def karin(cast):
    return principal_of(cast.karin)


@pytest.fixture
def them(cast):
    return principal_of(cast.tomasz)


@pytest.fixture
async def scar(db, cast):
    cast.acme.time_zone, cast.acme.country = "Europe/Warsaw", ""
    await db.flush()
    with at(0):
        return await scars.issued(db, cast)


async def stage(db, scar, which):
    return await clocks.current(db, scar, which)


async def heard(db, scar) -> dict[str, ResponseStage]:
    found = await db.execute(
        select(ResponseStage)
        .where(col(ResponseStage.reference) == scar.number)
        .execution_options(populate_existing=True)
    )
    return {each.stage: each for each in found.scalars()}


async def decide(db, scar, by, **decisions):
    answers = await record.answers(db, by, scar)
    await reviewing.decide(
        db, scar, answers, {Discipline[name]: each for name, each in decisions.items()}, by=by
    )


def warsaw(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}+01:00").astimezone(UTC)


async def test_a_scar_is_a_draft_of_ours_until_it_is_issued(db, cast, us, them):
    with at(0):
        draft = await scars.drafted(db, cast)
        assert draft.number == "SCAR-2026-0001"
        with pytest.raises(NotFoundError):
            await record.find(db, them, draft.number)
        await issue.change(db, draft, draft.version, {"title": "Pores"}, ["Why?"])
        await issue.issue(db, draft, by=us)
        assert (await record.find(db, them, draft.number)).title == "Pores"
        with pytest.raises(NotFoundError):
            await record.find(db, principal_of(cast.rita), draft.number)
        with pytest.raises(NotReadyError):
            await issue.change(db, draft, draft.version, {"title": "Other"}, ["Why?"])
        assert (await scars.drafted(db, cast)).number == "SCAR-2026-0002"


async def test_five_clocks_start_with_the_notification(db, scar):
    due = {each.stage: each.due_at for each in await record.stages(db, scar)}
    assert due == {
        Stage.ACKNOWLEDGEMENT: warsaw("11-04 13:30"),
        Stage.CONTAINMENT: warsaw("11-05 13:30"),
        Stage.ANALYSIS: warsaw("11-12 13:30"),
        Stage.IMPLEMENTATION: warsaw("11-23 13:30"),
        Stage.PREVENTION: warsaw("12-03 13:30"),
    }
    assert scar.due_at == due[Stage.ACKNOWLEDGEMENT]
    assert set(await heard(db, scar)) == {
        "D0 acknowledgement",
        "D3 containment",
        "D4–D5 root cause and actions",
        "D6 actions in place",
        "D7–D8 prevention and closure",
    }


async def test_from_issue_to_closed(db, scar, cast, us, karin, them):
    with at(1.5):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, them)
    assert scar.status is ScarStatus.ACKNOWLEDGED
    assert scar.due_at == warsaw("11-05 13:30")
    with at(21.25):  # Wednesday 10:45
        await scars.send(db, scar, Stage.CONTAINMENT, them)
    assert scar.due_at is None, "it is our turn"
    with at(48.5):  # Thursday 14:00: we took 27 h 15 min
        await scars.accept(db, scar, us)
    assert scar.status is ScarStatus.CONTAINMENT_ACCEPTED
    assert scar.due_at == warsaw("11-13 16:45")
    with at(200):
        await scars.send(db, scar, Stage.ANALYSIS, them)
    assert scar.status is ScarStatus.ROOT_CAUSE_SUBMITTED
    with at(201):
        answers = await record.answers(db, us, scar)
        await reviewing.decide(
            db,
            scar,
            answers,
            {Discipline.D4: YES, Discipline.D5: YES},
            by=us,
            cause=CauseKind.METHOD,
            shown={(await issue.criteria_of(db, scar))[0].id: Discipline.D4},
        )
    assert scar.status is ScarStatus.ACTIONS_ACCEPTED
    assert scar.cause is CauseKind.METHOD
    assert [each.shown_with for each in await issue.criteria_of(db, scar)] == [Discipline.D4, None]
    with at(300):
        await scars.send(db, scar, Stage.IMPLEMENTATION, them)
    with at(301):
        await scars.accept(db, scar, us)
        await closure.plan(db, scar, "No pores in the next 5 lots", None, by=us)
    with at(302):
        await scars.send(db, scar, Stage.PREVENTION, them)
    with at(303):
        await scars.accept(db, scar, us)
    assert scar.status is ScarStatus.EFFECTIVENESS_CHECK
    with at(900):
        with pytest.raises(NotReadyError, match="Check effectiveness"):
            await closure.close(db, scar, "Thank you.", by=karin)
        with pytest.raises(NotReadyError, match="somebody else has to check"):
            await closure.check(db, scar, is_effective=True, words="5 lots", by=us)
        await closure.check(db, scar, is_effective=True, words="0 of 5 lots", by=karin)
        with pytest.raises(NotReadyError, match="somebody else has to close"):
            await closure.close(db, scar, "Thank you.", by=us)
        await closure.close(db, scar, "Thank you.", by=karin)
    assert scar.status is ScarStatus.CLOSED
    assert all(each.accepted for each in (await heard(db, scar)).values())


async def test_a_returned_submission_does_not_count_and_the_clock_goes_on_with_what_was_left(
    db, scar, us, them
):
    with at(1):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, them)
    with at(10):  # 38 of 48 hours are left
        await scars.send(db, scar, Stage.CONTAINMENT, them)
        assert (await heard(db, scar))["D3 containment"].answered_at == clock.now()
    with at(40):
        await decide(db, scar, us, D1=YES, D2=YES, D3=NO)
    assert scar.status is ScarStatus.ACKNOWLEDGED
    assert scar.due_at == warsaw("11-05 13:30") + timedelta(hours=30)
    assert (await heard(db, scar))["D3 containment"].accepted is False
    answers = await record.answers(db, them, scar)
    assert [answers.status(each) for each in (Discipline.D1, Discipline.D2, Discipline.D3)] == [
        AnswerStatus.ACCEPTED,
        AnswerStatus.ACCEPTED,
        AnswerStatus.RETURNED,
    ]
    assert sending.awaited(scar, answers) == (Discipline.D3,), "what was accepted is not sent again"
    with at(41):
        with pytest.raises(sending.IncompleteError, match="was returned"):
            await sending.send(db, scar, answers, Stage.CONTAINMENT, by=them)
        await scars.write(
            db, scar, Discipline.D3, them, scars.CONTENT[Discipline.D3] | {"marking": "Green dot"}
        )
        await scars.send(db, scar, Stage.CONTAINMENT, them)
    answers = await record.answers(db, us, scar)
    first, second = answers.versions(Discipline.D3)
    assert (first.status, first.reason) == (AnswerStatus.RETURNED, NO.reason)
    assert "marking" not in first.content, "the returned version stays as it was"
    assert second.content["marking"] == "Green dot"


async def test_d5_alone_comes_back_after_d4_was_accepted(db, scar, cast, us, them):
    with at(1):
        await scars.bring_to(db, scar, Stage.ANALYSIS, cast)
        await scars.send(db, scar, Stage.ANALYSIS, them)
        await decide(db, scar, us, D4=YES, D5=NO)
    assert scar.status is ScarStatus.ROOT_CAUSE_ACCEPTED
    with at(3):
        await scars.write(db, scar, Discipline.D5, them)
        await scars.send(db, scar, Stage.ANALYSIS, them)
        assert scar.status is ScarStatus.ACTIONS_SUBMITTED
        await scars.accept(db, scar, us)
    assert scar.status is ScarStatus.ACTIONS_ACCEPTED


async def test_actions_against_a_cause_that_does_not_hold_are_returned_with_it(db, scar, cast, us, them):
    with at(1):
        await scars.bring_to(db, scar, Stage.ANALYSIS, cast)
        await scars.send(db, scar, Stage.ANALYSIS, them)
        await decide(db, scar, us, D4=NO, D5=YES)
    assert scar.status is ScarStatus.CONTAINMENT_ACCEPTED
    answers = await record.answers(db, them, scar)
    assert answers.status(Discipline.D5) is AnswerStatus.RETURNED
    assert answers.sent(Discipline.D5).reason == reviewing.FOLLOWS


async def test_a_return_without_a_reason_and_half_a_decision_are_refused(db, scar, us, them):
    with at(1):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, them)
        await scars.send(db, scar, Stage.CONTAINMENT, them)
        with pytest.raises(BadInputError, match="what is missing in D3"):
            await decide(db, scar, us, D1=YES, D2=YES, D3=Decision(accepted=False))
        with pytest.raises(BadInputError, match="D2, D3 as well"):
            await decide(db, scar, us, D1=YES)
    assert scar.status is ScarStatus.CONTAINMENT_SUBMITTED


async def test_skip_step(db, scar, us, karin, them):
    """What is not next is refused and changes nothing."""
    answers = await record.answers(db, them, scar)
    before = (scar.status, scar.version, len(await record.stages(db, scar)))
    later = set(Stage) - {Stage.ACKNOWLEDGEMENT}
    for each in later:
        with pytest.raises(NotReadyError):
            await sending.send(db, scar, answers, each, by=them)
    for refused in (
        reviewing.decide(db, scar, answers, {Discipline.D3: YES}, by=us),
        closure.check(db, scar, is_effective=True, words="", by=karin),
        closure.close(db, scar, "", by=karin),
        closure.reopen(db, scar, "Again", by=karin),
        responsibility.uphold(db, scar, "No", by=us),
        issue.issue(db, scar, by=us),
    ):
        with pytest.raises(NotReadyError):
            await refused
    assert (scar.status, scar.version, len(await record.stages(db, scar))) == before


async def test_nobody_takes_the_other_sides_steps(db, scar, cast, them):
    with at(1):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, them)
        await scars.send(db, scar, Stage.CONTAINMENT, them)
        answers = await record.answers(db, them, scar)
        with pytest.raises(NotFoundError):
            await reviewing.decide(
                db, scar, answers, dict.fromkeys((Discipline.D1, Discipline.D2, Discipline.D3), YES), by=them
            )
        with pytest.raises(NotFoundError):
            await issue.cancel(db, scar, "No", by=principal_of(cast.olle))
    assert scar.status is ScarStatus.CONTAINMENT_SUBMITTED


async def test_what_is_missing_is_named_for_each_discipline(db, scar, them):
    with at(1):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, them)
        await scars.write(db, scar, Discipline.D2, them)
        await scars.write(
            db, scar, Discipline.D3, them, {"checks": [{"place": "", "checked": "3", "bad": ""}]}
        )
        with pytest.raises(sending.IncompleteError) as refused:
            await sending.send(db, scar, await record.answers(db, them, scar), Stage.CONTAINMENT, by=them)
    assert [(each, key) for each, key, _sentence in refused.value.lacks] == [
        (Discipline.D1, "team"),
        (Discipline.D3, "checks"),
        (Discipline.D3, "actions"),
    ]
    assert scar.status is ScarStatus.ACKNOWLEDGED


async def test_nobody_reads_what_the_other_side_has_not_sent(db, scar, cast, us, them):
    with at(1):
        await scars.write(db, scar, Discipline.D4, them)
        assert (await record.answers(db, us, scar)).all == ()
        assert len((await record.answers(db, them, scar)).all) == 1
        with pytest.raises(NotReadyError, match="is writing D4"):
            await scars.write(db, scar, Discipline.D4, us)
        await scars.write(db, scar, Discipline.D1, us)
        with pytest.raises(NotReadyError, match="being written for you"):
            await scars.write(db, scar, Discipline.D1, them)


async def test_who_answered_for_the_supplier_does_not_decide_on_it(db, scar, cast, us, karin):
    with at(1):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, us)
        await scars.send(db, scar, Stage.CONTAINMENT, us)
        answers = await record.answers(db, us, scar)
        assert all(each.is_on_behalf for each in answers.all)
        with pytest.raises(NotReadyError, match="You wrote D1 for the supplier"):
            await scars.accept(db, scar, us)
        await scars.accept(db, scar, karin)
    assert scar.status is ScarStatus.CONTAINMENT_ACCEPTED


async def test_a_stale_draft_loses_neither_text(db, scar, them):
    with at(1):
        answers = await record.answers(db, them, scar)
        await writing.save(db, scar, answers, Discipline.D2, {"problem": "Mine"}, 0, by=them)
        answers = await record.answers(db, them, scar)
        with pytest.raises(StaleError):
            await writing.save(db, scar, answers, Discipline.D2, {"problem": "Theirs"}, 7, by=them)
        saved = await writing.save(db, scar, answers, Discipline.D2, {"problem": "Ours"}, 1, by=them)
    assert (saved.version, saved.content, saved.revision) == (2, {"problem": "Ours"}, 1)


async def test_responsibility_is_rejected_upheld_and_the_time_is_ours(db, scar, us, them):
    with at(5):
        await responsibility.reject(db, scar, "The pores came from your machining.", by=them)
    assert scar.status is ScarStatus.RESPONSIBILITY_REJECTED
    assert (await stage(db, scar, Stage.ACKNOWLEDGEMENT)).accepted is True, "that is an answer as well"
    with at(29):
        await responsibility.uphold(db, scar, "The drawing asks for the raw part.", by=us)
    assert scar.status is ScarStatus.ACKNOWLEDGED
    assert scar.due_at == warsaw("11-05 13:30") + timedelta(hours=24)


async def test_a_scar_that_is_taken_back_was_never_due(db, cast, us, them):
    found = await deliveries.nonconformance(db, cast)
    with at(0):
        scar = await scars.issued(db, cast, found=[found])
    with at(1):
        await responsibility.reject(db, scar, "Not our part.", by=them)
        with pytest.raises(BadInputError):
            await responsibility.take_back(db, scar, Responsibility.SUPPLIER, "Right.", by=us)
        await responsibility.take_back(db, scar, Responsibility.OURS, "You are right.", by=us)
    assert scar.status is ScarStatus.CANCELLED
    assert found.responsibility is Responsibility.OURS
    assert await heard(db, scar) == {}


async def test_more_time_is_asked_for_and_granted_in_working_days(db, scar, us, them):
    with at(1):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, them)
        wish = await extensions.ask(db, scar, 2, "The X-ray machine is away.", by=them)
        with pytest.raises(NotReadyError, match="asked already"):
            await extensions.ask(db, scar, 3, "More.", by=them)
        assert await extensions.would_end(db, scar, wish) == warsaw("11-09 13:30")
        await extensions.decide(db, scar, wish, granted=True, note="", by=us)
        with pytest.raises(NotReadyError):
            await extensions.decide(db, scar, wish, granted=False, note="No", by=us)
    assert scar.due_at == warsaw("11-09 13:30"), "Friday, and Monday"
    assert (await heard(db, scar))["D3 containment"].due_at == scar.due_at


async def test_cost_lines_are_answered_by_the_supplier_alone(db, scar, us, them):
    values = {"kind": "hours", "words": "Sorting", "quantity": 14, "rate": 62, "currency": "EUR"}
    line = await costs.add(db, scar, values, by=us)
    assert costs.total([line]) == 868
    with pytest.raises(NotFoundError):
        await costs.decide(db, scar, line, accepted=True, reason="", by=us)
    with pytest.raises(NotReadyError, match="Say why"):
        await costs.decide(db, scar, line, accepted=False, reason="", by=them)
    await costs.decide(db, scar, line, accepted=True, reason="", by=them)
    with pytest.raises(NotReadyError, match="already"):
        await costs.decide(db, scar, line, accepted=False, reason="No", by=them)


async def test_what_did_not_work_begins_anew_and_keeps_what_was_written(db, scar, cast, us, karin, them):
    with at(1):
        await scars.bring_to(db, scar, Stage.PREVENTION, cast)
        await scars.send(db, scar, Stage.PREVENTION, them)
        await scars.accept(db, scar, us)
        await closure.plan(db, scar, "Five lots", None, by=us)
    with at(500):
        await closure.check(db, scar, is_effective=False, words="Pores in lot 26-2001", by=karin)
    assert scar.status is ScarStatus.CONTAINMENT_ACCEPTED
    assert scar.round == 2
    answers = await record.answers(db, them, scar)
    assert answers.is_open(Discipline.D4)
    assert not answers.is_open(Discipline.D3), "containment still holds"
    assert writing.begin(answers, Discipline.D4) == scars.CONTENT[Discipline.D4]
    assert "D4–D5 root cause and actions, round 2" in await heard(db, scar)
    assert (await heard(db, scar))["D4–D5 root cause and actions"].accepted is True


async def test_a_closed_one_is_reopened_when_it_comes_back(db, scar, cast, us, karin, them):
    with at(1):
        await scars.bring_to(db, scar, Stage.PREVENTION, cast)
        await scars.send(db, scar, Stage.PREVENTION, them)
        await scars.accept(db, scar, us)
        await closure.plan(db, scar, "Five lots", None, by=us)
        await closure.check(db, scar, is_effective=True, words="", by=karin)
        await closure.close(db, scar, "", by=karin)
    with at(2000):
        await closure.reopen(db, scar, "Lot 27-0101 has them again.", by=karin)
        answers = await record.answers(db, them, scar)
        assert sending.awaited(scar, answers) == (Discipline.D1, Discipline.D2, Discipline.D3)
        await scars.send(db, scar, Stage.CONTAINMENT, them)
    assert scar.status is ScarStatus.CONTAINMENT_SUBMITTED


@pytest.mark.parametrize(
    ("whys", "is_weak"),
    [
        (["Gas stayed in the wall.", "Our instruction has no density check."], False),
        (["The operator forgot to take a piece from shift 2."], True),
        (["Operator error", "The operator had no instruction for the change of batch."], False),
        (["Der Mitarbeiter wurde nicht geschult."], True),
        (["Operator nie został przeszkolony"], True),
        ([], False),
    ],
)
def test_an_answer_that_stops_at_a_person_gets_a_hint(whys, is_weak):
    content = {"occurrence": whys, "escape": ["No check"], "proof": "x"}
    assert disciplines.is_weak(Discipline.D4, content) is is_weak
    assert ("occurrence" in disciplines.hints(Discipline.D4, content)) is is_weak


def test_the_table_draws_its_own_diagram():
    drawn = diagram(STEPS)
    assert "issued --> acknowledged: acknowledge" in drawn
    assert all(f"--> {state}:" in drawn for state in ScarStatus if state is not ScarStatus.DRAFT)


async def mails(db) -> list[tuple[str, str]]:
    found = await db.execute(select(OutgoingMail).order_by(col(OutgoingMail.id)))
    return [(each.address, each.subject) for each in found.scalars()]


async def events_of(db, scar) -> list[ScarEvent]:
    found = await db.execute(
        select(ScarEvent).where(col(ScarEvent.scar_id) == scar.id).order_by(col(ScarEvent.id))
    )
    return list(found.scalars())


async def test_the_other_side_is_told_once_in_its_own_language(db, scar, cast, settings, us, them):
    cast.tomasz.language = "de"
    with at(1):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, them)
        await scars.send(db, scar, Stage.CONTAINMENT, them)
        await decide(db, scar, us, D1=NO, D2=YES, D3=NO)
    for event in [*await events_of(db, scar), *await events_of(db, scar)]:
        if not event.is_internal:
            await telling.tell(db, settings, event.id)
    assert await mails(db) == [
        (cast.tomasz.email, f"{scar.number}: SCAR ausgestellt"),
        (cast.elin.email, f"{scar.number}: D1 to D3 sent"),
        (cast.tomasz.email, f"{scar.number}: D1 zurückgegeben"),
        (cast.tomasz.email, f"{scar.number}: D3 zurückgegeben"),
    ]


async def test_what_is_late_is_escalated_step_by_step(db, scar, cast, settings, us, them):
    portal = system("job scars.escalate")
    with at(23):
        assert await chasing.escalate_overdue(db, by=portal) == 0
    for hours, steps in ((25, 1), (26, 0), (49, 1), (60, 0), (24 * 9, 1), (24 * 20, 0)):
        with at(hours):
            assert await chasing.escalate_overdue(db, by=portal) == steps, hours
    assert scar.escalation == 3
    for event in await events_of(db, scar):
        if event.kind == "escalated":
            await telling.tell(db, settings, event.id)
    late = f"{scar.number}: overdue, D0 is not here"
    assert await mails(db) == [(each.email, late) for each in (cast.tomasz, cast.olle, cast.karin)]


async def test_the_task_says_whose_turn_it_is(db, scar, cast, us, them):
    async def open_task():
        found = await db.execute(
            select(Task).where(col(Task.done_at).is_(None)).execution_options(populate_existing=True)
        )
        return found.scalar_one_or_none()

    task = await open_task()
    assert (task.side, task.due_at, task.facts["steps"]) == (Side.SUPPLIER, scar.due_at, "D0")
    with at(1):
        await scars.send(db, scar, Stage.ACKNOWLEDGEMENT, them)
        await scars.send(db, scar, Stage.CONTAINMENT, them)
    task = await open_task()
    assert (task.side, task.due_at, task.facts["steps"]) == (Side.US, None, "D1–D3")
    assert task.person_id == cast.elin.id
    with at(2):
        await issue.cancel(db, scar, "Found out that it was ours.", by=us)
    assert await open_task() is None
