from portal.access.permissions import P
from portal.languages import N_, _
from portal.models.tasks import Task
from portal.workflows.tasks.kinds import Kind, Link, says

CONFIRM = "company_details.confirm"
REVIEW = "company_details.review"


def _more(task: Task) -> str:
    if asked_by := task.facts.get("asked_by"):
        return _(
            "%(name)s asks. Look at the sites and people that we write to, and change what is wrong.",
            name=asked_by,
        )
    return _("Once a year: look at the sites and people that we write to, and change what is wrong.")


KINDS = (
    Kind(
        name=CONFIRM,
        label="Company details",
        icon="building",
        area="company_details",
        item=says("Confirm company details"),
        title=says(N_("Confirm your company's details")),
        more=_more,
        button=says(N_("Check the details")),
        path=says("/company-details"),
        our_path=lambda task: f"/suppliers/{task.reference}",
        permission=P.COMPANY_CONFIRM,
        our_permission=P.SUPPLIERS_READ,
        link=Link(permissions=frozenset({P.COMPANY_CONFIRM}), reads=frozenset({"supplier_site", "contact"})),
    ),
    Kind(
        name=REVIEW,
        label="Changed details",
        icon="users",
        area="company_details",
        item=lambda task: _("Changed details, by %(name)s", name=task.facts["changed_by"]),
        title=says(N_("Your company's details")),
        button=says(N_("Check the details")),
        path=says("/company-details"),
        our_path=lambda task: f"/suppliers/{task.reference}#contacts",
        permission=P.COMPANY_CONFIRM,
        our_permission=P.SUPPLIERS_WRITE,
        waiting=says(N_("What you changed counts already. We look at it all the same.")),
    ),
)
