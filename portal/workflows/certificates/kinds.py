"""The tasks about certificates: how they read, where they lead."""

from portal.access.permissions import P
from portal.languages import _
from portal.models.tasks import Task
from portal.workflows.tasks.kinds import Kind, Link

RENEW, REVIEW = "certificate.renew", "certificate.review"


def _title(task: Task) -> str:
    if task.facts.get("reason"):
        return _("Correct your %(type)s certificate", type=task.facts["type"])
    return _("Renew your %(type)s certificate", type=task.facts["type"])


def _more(task: Task) -> str:
    if reason := task.facts.get("reason"):
        return _("Returned: %(reason)s", reason=reason)
    return _("The new one has to be here before the old one ends.") if task.facts.get("until") else ""


def _path(task: Task) -> str:
    if task.facts.get("reason"):
        return f"/certificates/{task.record_id}"
    return f"/certificates/{task.record_id}/renewal"


KINDS = (
    Kind(
        name=RENEW,
        label="Certificate renewals",
        icon="certificate",
        area="certificates",
        item=lambda task: f"{task.facts['type']} {task.reference}",
        title=_title,
        button=lambda task: _("Correct it") if task.facts.get("reason") else _("Add certificate"),
        path=_path,
        our_path=lambda task: f"/certificates/{task.record_id}",
        permission=P.CERTIFICATES_SUBMIT,
        our_permission=P.CERTIFICATES_READ,
        more=_more,
        link=Link(
            permissions=frozenset(
                {P.CERTIFICATES_READ, P.CERTIFICATES_SUBMIT, P.DOCUMENTS_READ, P.DOCUMENTS_WRITE}
            ),
            reads=frozenset({"certificate", "supplier_site", "document_attachment"}),
        ),
    ),
    Kind(
        name=REVIEW,
        label="Certificates to review",
        icon="certificate",
        area="certificates",
        item=lambda task: f"{task.facts['type']} {task.reference}",
        title=lambda task: _("%(type)s certificate", type=task.facts["type"]),
        button=lambda _task: _("Look at it"),
        path=lambda task: f"/certificates/{task.record_id}",
        our_path=lambda task: f"/certificates/{task.record_id}",
        permission=P.CERTIFICATES_READ,
        our_permission=P.CERTIFICATES_REVIEW,
        waiting=lambda task: _("%(name)s handed it in. We review it now.", name=task.facts["by"]),
    ),
)
