"""How SCARs stand on the home pages and in the worklist, and how they get there."""

from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.permissions import P
from portal.languages import N_, _
from portal.models.scars import Scar, ScarStatus
from portal.models.tasks import Severity as TaskSeverity
from portal.models.tasks import Side, Task
from portal.workflows import tasks
from portal.workflows.scars.disciplines import STAGE_TITLES
from portal.workflows.scars.steps import AWAITED, ENDED, REVIEWED, STAGES
from portal.workflows.tasks.kinds import Kind, Link, says

ANSWER = "scar.answer"
LESSON = "scar.lesson"
LESSONS = "scar.lessons"  # everybody who was asked has answered


def _path(task: Task) -> str:
    return f"/scars/{task.reference}"


def _lesson(task: Task) -> str:
    return f"/lessons/{task.record_id}"


KINDS = (
    Kind(
        name=ANSWER,
        label="SCARs",
        icon="clipboard-check",
        area="scars",
        item=lambda task: task.facts["title"],
        title=lambda task: _("%(steps)s: %(title)s", steps=task.facts["steps"], title=task.facts["title"]),
        button=lambda task: (
            _("Write %(steps)s", steps=task.facts["steps"])
            if task.facts["steps"] != "D0"
            else _("Acknowledge")
        ),
        path=_path,
        our_path=_path,
        permission=P.SCARS_RESPOND,
        our_permission=P.SCARS_WRITE,
        more=lambda task: f"{task.reference}, {_(task.facts['stage'])}",
        waiting=lambda task: _("You sent %(steps)s. We read it now.", steps=task.facts["steps"]),
        # They read, write and add evidence; sending is a signature, and needs an account.
        link=Link(
            permissions=frozenset({P.SCARS_READ, P.SCARS_DRAFT, P.DOCUMENTS_READ, P.DOCUMENTS_WRITE}),
        ),
    ),
    Kind(
        name=LESSON,
        label="Lessons",
        icon="bulb",
        area="scars",
        item=lambda task: f"{task.facts['defect']}: lesson {task.facts['part']}".strip(),
        title=lambda task: _("Could it happen at yours? %(defect)s", defect=task.facts["defect"]),
        button=says(N_("Look and answer")),
        path=_lesson,
        our_path=_lesson,
        permission=P.SCARS_RESPOND,
        our_permission=P.SCARS_READ,
        more=lambda task: task.facts["part"],
    ),
    Kind(
        name=LESSONS,
        label="Answers to lessons",
        icon="bulb",
        area="scars",
        item=lambda task: f"{task.facts['title']}: all lessons answered",
        title=says("All lessons answered"),  # no supplier has it on a list
        button=says("Read"),
        path=_path,
        our_path=lambda task: f"{_path(task)}#lessons",
        permission=P.SCARS_WRITE,
        our_permission=P.SCARS_WRITE,
    ),
)
_DECIDING = {
    ScarStatus.RESPONSIBILITY_REJECTED: N_("Responsibility disputed"),
    ScarStatus.EFFECTIVENESS_CHECK: N_("Effectiveness check"),
}


async def follow(db: AsyncSession, scar: Scar, event: str) -> None:
    """Let the task say what the SCAR says: whose turn it is, and by when."""
    about = tasks.About("scar", scar.id, scar.number)
    if scar.status in ENDED:
        await tasks.finish(db, about, ANSWER, why="" if scar.status is ScarStatus.CLOSED else "cancelled")
        return
    if scar.status is ScarStatus.DRAFT:
        return
    stage = AWAITED.get(scar.status) or REVIEWED.get(scar.status)
    side = Side.SUPPLIER if scar.status in AWAITED else Side.US
    due = scar.due_at if side is Side.SUPPLIER else scar.plan_due_on
    names = [each.value for each in STAGES[stage]] if stage else ["D8"]
    facts = {
        "title": scar.title,
        "steps": names[0] if len(names) == 1 else f"{names[0]}–{names[-1]}",
        "stage": _DECIDING.get(scar.status) or (STAGE_TITLES[stage] if stage else ""),
    }
    moved = await tasks.move(
        db, ANSWER, about, side, due=due, facts=facts, person_id=scar.owner_id, event=event
    )
    if moved is None:
        await tasks.open_task(
            db,
            ANSWER,
            about,
            side,
            supplier_id=scar.supplier_id,
            plant_id=scar.plant_id,
            facts=facts,
            severity=TaskSeverity(str(scar.severity)),
            person_id=scar.owner_id,
            due=due,
            event=event,
        )
