"""The task about a target: the supplier answers; what it declines comes back to us."""

from decimal import Decimal

from portal.access.permissions import P
from portal.languages import N_, _
from portal.models.targets import Aim, SupplierTarget
from portal.models.tasks import Task
from portal.workflows.targets.words import AIM, goal
from portal.workflows.tasks import About
from portal.workflows.tasks.kinds import Kind, says

ANSWER = "target.answer"


def about(found: SupplierTarget) -> About:
    return About("supplier_target", found.id)


def _words(task: Task) -> str:
    aim = Aim(task.facts["aim"])
    return f"{_(AIM[aim])}, {goal(aim, Decimal(task.facts['value']))}"


KINDS = (
    Kind(
        name=ANSWER,
        label="Targets",
        icon="target",
        area="scorecards",
        item=_words,
        title=lambda task: _("Answer a target: %(target)s", target=_words(task)),
        button=says(N_("Open the target")),
        path=lambda _task: "/targets",
        our_path=lambda task: f"/suppliers/{task.facts['number']}/targets",
        permission=P.TARGETS_READ,
        our_permission=P.TARGETS_WRITE,
        waiting=lambda _task: _("You said no to it. We talk about it with you."),
    ),
)
