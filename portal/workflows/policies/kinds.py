"""The task about a policy: a second person reads what somebody handed in."""

from portal.access.permissions import P
from portal.workflows.tasks.kinds import Kind

REVIEW = "policy.review"

KINDS = (
    Kind(
        name=REVIEW,
        label="Rating policies to review",
        icon="scale",
        area="policies",
        item=lambda task: f"Rating policy {task.facts['name']} {task.facts['number']}",
        title=lambda task: f"Rating policy {task.facts['name']}",
        button=lambda _task: "",
        path=lambda task: f"/policies/{task.record_id}",
        our_path=lambda task: f"/policies/{task.record_id}",
        permission=P.POLICIES_APPROVE,
        our_permission=P.POLICIES_APPROVE,
    ),
)
