"""What can happen to a target. Another value is another record."""

from portal.access.permissions import P
from portal.models.targets import TargetStatus as S
from portal.workflows.steps import Step, Steps

STEPS: Steps = {
    "accept": Step((S.PROPOSED,), S.AGREED, P.TARGETS_RESPOND),
    "decline": Step((S.PROPOSED,), S.DECLINED, P.TARGETS_RESPOND),
    "record": Step((S.PROPOSED,), S.AGREED, P.TARGETS_WRITE),
    "withdraw": Step((S.PROPOSED, S.DECLINED), S.WITHDRAWN, P.TARGETS_WRITE),
    "end": Step((S.AGREED,), S.ENDED, P.TARGETS_WRITE),
    # Whoever agrees to another value from the same month on, the supplier or one of us, replaces it.
    "replace": Step((S.AGREED,), S.REPLACED, P.TARGETS_READ),
}
