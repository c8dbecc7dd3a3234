"""What can happen to a supplier's place on the ladder. The next rung is another record."""

from portal.access.permissions import P
from portal.models.escalations import EscalationStatus as S
from portal.workflows.steps import Step, Steps

STEPS: Steps = {
    "accept": Step((S.PROPOSED,), S.OPEN, P.ESCALATIONS_DECIDE),
    "dismiss": Step((S.PROPOSED,), S.DISMISSED, P.ESCALATIONS_DECIDE),
    "end": Step((S.OPEN,), S.ENDED, P.ESCALATIONS_DECIDE),
}
