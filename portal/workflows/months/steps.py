"""What can happen to a month, and to what is disputed in it."""

from portal.access.permissions import P
from portal.models.months import DisputeStatus as D
from portal.models.months import MonthStatus as S
from portal.workflows.steps import Step, Steps

STEPS: Steps = {
    "open": Step((S.COMPUTED,), S.PREVIEW, P.MONTHS_RUN),
    "close": Step((S.PREVIEW,), S.CLOSED, P.MONTHS_RUN),
    "propose": Step((S.CLOSED,), S.PROPOSED, P.MONTHS_RUN),
    "return": Step((S.PROPOSED, S.APPROVED), S.CLOSED, P.MONTHS_APPROVE),
    "approve": Step((S.PROPOSED,), S.APPROVED, P.MONTHS_APPROVE),
    "publish": Step((S.APPROVED,), S.PUBLISHED, P.MONTHS_APPROVE),
}
DISPUTE_STEPS: Steps = {
    "propose": Step((D.OPEN,), D.PROPOSED, P.DISPUTES_DECIDE),
    "reject": Step((D.OPEN,), D.REJECTED, P.DISPUTES_DECIDE),
    "accept": Step((D.PROPOSED,), D.ACCEPTED, P.LINES_EXCUSE),
    "return": Step((D.PROPOSED,), D.OPEN, P.LINES_EXCUSE),
    "withdraw": Step((D.OPEN,), D.WITHDRAWN, P.DISPUTES_RAISE),
}
UNDECIDED = (D.OPEN, D.PROPOSED)
# Suppliers see the card as a preview: it may still be disputed, or is being decided on.
BEFORE_PUBLICATION = (S.PREVIEW, S.CLOSED, S.PROPOSED, S.APPROVED)
