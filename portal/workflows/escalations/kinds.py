"""The tasks about the ladder: a proposal to decide on, a plan to work off."""

from portal.access.permissions import P
from portal.languages import N_, _
from portal.models.escalations import Escalation, Rung
from portal.models.tasks import Task
from portal.workflows.escalations.words import RUNG
from portal.workflows.tasks import About
from portal.workflows.tasks.kinds import Kind, says

DECIDE, PLAN = "escalation.decide", "escalation.plan"


def about(found: Escalation) -> About:
    return About("escalation", found.id)


def _rung(task: Task) -> str:
    return _(RUNG[Rung(task.facts["rung"])])


def _path(task: Task) -> str:
    return f"/escalations/{task.record_id}"


KINDS = (
    Kind(
        name=DECIDE,
        label="Escalations to decide on",
        icon="stairs-up",
        area="escalations",
        item=lambda task: f"{_rung(task)} proposed for {task.facts['supplier']}",
        title=_rung,
        button=says(N_("Look at it")),
        path=_path,
        our_path=_path,
        permission=P.ESCALATIONS_DECIDE,
        our_permission=P.ESCALATIONS_DECIDE,
    ),
    Kind(
        name=PLAN,
        label="Plans of suppliers on the ladder",
        icon="stairs-up",
        area="escalations",
        item=_rung,
        title=lambda task: _("Work off your plan: %(rung)s", rung=_rung(task)),
        button=says(N_("Open the plan")),
        path=_path,
        our_path=_path,
        permission=P.ESCALATIONS_READ,
        our_permission=P.ESCALATIONS_WRITE,
        waiting=lambda _task: _("You said that a milestone is done. We confirm it now."),
    ),
)
