"""What can happen to a version of a policy. Retiring happens by itself when another takes its place."""

from portal.access.permissions import P
from portal.models.ratings import PolicyStatus as S
from portal.workflows.steps import Step, Steps

STEPS: Steps = {
    "hand_in": Step((S.DRAFT,), S.IN_REVIEW, P.POLICIES_WRITE),
    "return": Step((S.IN_REVIEW,), S.DRAFT, P.POLICIES_APPROVE),
    "approve": Step((S.IN_REVIEW,), S.APPROVED, P.POLICIES_APPROVE),
    "discard": Step((S.DRAFT, S.IN_REVIEW), S.DISCARDED, P.POLICIES_WRITE),
    "end": Step((S.ACTIVE,), S.RETIRED, P.POLICIES_APPROVE),
}
