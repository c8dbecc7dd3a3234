"""Everything that a page about one SCAR shows, gathered once: for both sides, as far as each may see."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.languages import _
from portal.models.documents import Document, DocumentAttachment
from portal.models.nonconformances import Nonconformance
from portal.models.organisation import Part, Plant
from portal.models.people import Person
from portal.models.scars import (
    AnswerStatus,
    Discipline,
    Scar,
    ScarAnswer,
    ScarCost,
    ScarCriterion,
    ScarEvent,
    ScarExtension,
    ScarPause,
    ScarStage,
    ScarStatus,
    Stage,
)
from portal.models.suppliers import Supplier
from portal.workflows.nonconformances import record as found_record
from portal.workflows.scars import (
    clocks,
    costs,
    extensions,
    issue,
    record,
    reviewing,
    sending,
    words,
    writing,
)
from portal.workflows.scars.clock import Site, between
from portal.workflows.scars.clock import words as time_words
from portal.workflows.scars.disciplines import DISCIPLINES, STAGE_TITLES
from portal.workflows.scars.record import Answers
from portal.workflows.scars.steps import ENDED, STAGE_OF, STAGES, Turn, turn

PHOTOS = found_record.PHOTOS  # the slot of what shows the problem; evidence lies at its discipline
_WORTH_SAYING = timedelta(minutes=1)
_SPANS = {
    Stage.ACKNOWLEDGEMENT: "D0",
    Stage.CONTAINMENT: "D3",
    Stage.ANALYSIS: "D4–D5",
    Stage.IMPLEMENTATION: "D6",
    Stage.PREVENTION: "D7",
}


class RailItem(NamedTuple):
    """One step of the rail: ``state`` is done, sent, now, back or later; ``mini`` that of the small rail."""

    discipline: Discipline
    title: str
    state: str
    mini: str
    below: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Overview:
    scar: Scar
    supplier: Supplier
    plant: Plant
    part: Part | None
    people: Mapping[int, Person]
    answers: Answers
    stages: Sequence[ScarStage]
    pauses: Sequence[ScarPause]
    events: Sequence[ScarEvent]
    criteria: Sequence[ScarCriterion]
    costs: Sequence[ScarCost]
    found: Sequence[Nonconformance]
    wish: ScarExtension | None
    wish_ends_at: datetime | None
    related: Mapping[int, Scar]
    site: Site
    files: Mapping[str, Sequence[Document]]  # by discipline, and of what happened: PHOTOS
    who: Principal
    us: str
    now: datetime

    @property
    def turn(self) -> Turn:
        return turn(self.scar.status)

    @property
    def awaited(self) -> tuple[Discipline, ...]:
        return sending.awaited(self.scar, self.answers)

    @property
    def to_decide(self) -> tuple[Discipline, ...]:
        return reviewing.to_decide(self.scar, self.answers)

    @property
    def is_over(self) -> bool:
        return self.scar.status in ENDED

    @property
    def is_overdue(self) -> bool:
        return self.scar.due_at is not None and self.scar.due_at < self.now

    @property
    def left(self) -> str:
        return words.left(self.scar.due_at, self.now) if self.scar.due_at else ""

    @property
    def due_kind(self) -> str:
        """How the time left looks: suppliers are warned earlier than we are."""
        if self.scar.due_at is None:
            return ""
        rest = self.scar.due_at - self.now
        limits = (
            (timedelta(hours=48), timedelta(days=7))
            if self.who.is_supplier
            else (
                timedelta(0),
                timedelta(hours=48),
            )
        )
        return "bad" if rest < limits[0] else "warn" if rest < limits[1] else ""

    @property
    def step(self) -> Discipline | None:
        """The discipline that is next to be written: the first of its stage that is not complete."""
        lacks = {each for each, _key, _sentence in sending.lacking(self.answers, self.awaited)}
        wanted = [each for each in self.awaited if each in lacks] or list(self.awaited)
        return wanted[0] if wanted else None

    @property
    def last_of_stage(self) -> Discipline | None:
        return self.awaited[-1] if self.awaited else None

    def name(self, person_id: int | None) -> str:
        person = self.people.get(person_id or 0)
        return person.name if person else ""

    def writer(self, answer: ScarAnswer) -> str:
        """Who wrote it, as they were called then; somebody who came by a link has no account."""
        return answer.written_by_name or self.name(answer.written_by_id)

    def can_write(self, discipline: Discipline) -> bool:
        return writing.can_write(self.who, self.scar, self.answers, discipline)

    def title(self, discipline: Discipline) -> str:
        return f"{discipline.value} {_(DISCIPLINES[discipline].title)}"

    def stage_title(self, stage: Stage) -> str:
        return f"{_SPANS[stage]} {_(STAGE_TITLES[stage])}"

    def clock_of(self, stage: Stage) -> ScarStage | None:
        found = [each for each in self.stages if each.stage is stage]
        return found[-1] if found else None

    @property
    def rail(self) -> list[RailItem]:
        return [self._item(each) for each in Discipline]

    @property
    def done(self) -> int:
        return sum(each.state == "done" for each in self.rail)

    def _item(self, discipline: Discipline) -> RailItem:
        if discipline is Discipline.D8:
            return self._last()
        stage = STAGE_OF[discipline]
        its_clock = self.clock_of(stage)
        answer = self.answers.sent(discipline)
        received = stage is Stage.ACKNOWLEDGEMENT and its_clock is not None and its_clock.accepted
        state, mini, below = "later", "fu", ""
        if received or (answer is not None and answer.status is AnswerStatus.ACCEPTED):
            state, mini, below = "done", "dn", _("Received") if received else _("Accepted")
        elif answer is not None and answer.status is AnswerStatus.SUBMITTED:
            state, mini, below = "sent", "us", _("Sent, %(us)s reads it", us=self.us)
        elif answer is not None:
            state, mini, below = "back", "rt", _("Returned")
        elif discipline is self.step:
            state, mini = "now", "od" if self.is_overdue else "nw"
        elif discipline in self.awaited:
            state = "next"
        due_at = its_clock.due_at if its_clock and state in {"now", "next", "back", "later"} else None
        return RailItem(discipline, self.title(discipline), state, mini, below, due_at)

    def _last(self) -> RailItem:
        state, mini = "later", "fu"
        if self.scar.status is ScarStatus.CLOSED:
            state, mini = "done", "dn"
        elif self.scar.status is ScarStatus.EFFECTIVENESS_CHECK:
            state, mini = "sent", "us"
        below = self.scar.plan or _("%(us)s, after a check that it worked", us=self.us)
        return RailItem(Discipline.D8, self.title(Discipline.D8), state, mini, below, None)

    @property
    def waits(self) -> list[str]:
        """Our decisions so far, in words, the newest last."""
        said = []
        for each in self.pauses:
            if each.ended_at is None or each.ended_at - each.started_at < _WORTH_SAYING:
                continue
            said.append(
                words.took(
                    self.us,
                    _SPANS[each.stage] if each.stage else _("the responsibility"),
                    time_words(each.ended_at - each.started_at),
                    time_words(between(each.started_at, each.ended_at, self.site)),
                )
            )
        return said

    @property
    def pause(self) -> ScarPause | None:
        """The one that lasts."""
        return next((each for each in self.pauses if each.ended_at is None), None)

    def before(self, answer: ScarAnswer) -> ScarAnswer | None:
        """The version that was returned before this one."""
        versions = self.answers.versions(answer.discipline)
        at = versions.index(answer)
        return versions[at - 1] if at else None

    @property
    def may_review(self) -> bool:
        return may(self.who, P.SCARS_WRITE)

    @property
    def stages_open(self) -> list[tuple[Stage, tuple[Discipline, ...]]]:
        return list(STAGES.items())


async def _files(db: AsyncSession, who: Principal, scar: Scar) -> dict[str, list[Document]]:
    """By discipline; what the nonconformances were photographed with belongs to what happened."""
    table, record_id = col(DocumentAttachment.table_name), col(DocumentAttachment.record_id)
    gathered = select(col(Nonconformance.id)).where(
        scopes.condition(who, Nonconformance), col(Nonconformance.scar_id) == scar.id
    )
    rows = await db.execute(
        select(Document, col(DocumentAttachment.slot))
        .join(DocumentAttachment, col(DocumentAttachment.document_id) == col(Document.id))
        .where(
            scopes.condition(who, Document),
            or_(
                (table == "scar") & (record_id == scar.id),
                (table == "nonconformance") & record_id.in_(gathered),
            ),
            col(Document.deleted_at).is_(None),
        )
        .order_by(col(DocumentAttachment.id))
    )
    found: dict[str, list[Document]] = {}
    for document, slot in rows:
        found.setdefault(slot, []).append(document)
    return found


async def overview(db: AsyncSession, who: Principal, scar: Scar, us: str) -> Overview:
    """Gather it. ``us`` is what the organisation is called."""
    supplier = await issue.supplier_of(db, who, scar)
    plant = (await db.execute(select(Plant).where(col(Plant.id) == scar.plant_id))).scalar_one()
    part = None
    if scar.part_id is not None:
        part = (await db.execute(select(Part).where(col(Part.id) == scar.part_id))).scalar_one()
    answers = await record.answers(db, who, scar)
    events: list[ScarEvent] = await record.of_scar(db, who, ScarEvent, scar)
    lines = await costs.of_scar(db, who, scar)
    wish = await extensions.waiting(db, who, scar)
    ids = {
        *(scar.author_id, scar.owner_id, scar.buyer_id, scar.assignee_id, scar.plan_by_id),
        *(scar.checked_by_id, scar.closed_by_id),
        *(each.written_by_id for each in answers.all),
        *(each.decided_by_id for each in answers.all),
        *(each.translated_by_id for each in answers.all),
        *(each.decided_by_id for each in lines),
        *((wish.asked_by_id,) if wish else ()),
    } - {None}
    people = await db.execute(select(Person).where(col(Person.id).in_(ids)))
    related = await db.execute(
        scopes.visible(who, Scar).where(
            col(Scar.id).in_([each for each in (scar.repeat_of_id, scar.earlier_id) if each])
        )
    )
    return Overview(
        scar=scar,
        supplier=supplier,
        plant=plant,
        part=part,
        people={each.id: each for each in people.scalars()},
        answers=answers,
        stages=await record.stages(db, scar),
        pauses=await clocks.pauses(db, scar),
        events=events,
        criteria=await issue.criteria_of(db, scar),
        costs=lines,
        found=await issue.nonconformances(db, who, scar),
        wish=wish,
        wish_ends_at=await extensions.would_end(db, scar, wish) if wish else None,
        related={each.id: each for each in related.scalars()},
        site=await clocks.site_of(db, scar),
        files=await _files(db, who, scar),
        who=who,
        us=us,
        now=clock.now(),
    )
