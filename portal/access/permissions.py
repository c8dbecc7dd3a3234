"""What each role may do. A permission stands on the route line; a route without one doesn't start."""

from enum import StrEnum

from portal.access.principal import Principal
from portal.models.people import Role


class P(StrEnum):
    ANYONE = "anyone"  # also signed out: the sign-in page, health
    SIGNED_IN = "signed_in"
    SUPPLIERS_READ = "suppliers.read"
    SUPPLIERS_WRITE = "suppliers.write"
    ASL_WRITE = "asl.write"
    MASTER_DATA_READ = "master_data.read"
    MASTER_DATA_WRITE = "master_data.write"
    IMPORTS_READ = "imports.read"
    IMPORTS_WRITE = "imports.write"
    SCORECARDS_READ = "scorecards.read"  # one supplier's card, as far as the scope goes
    RANKING_READ = "ranking.read"
    DASHBOARD_READ = "dashboard.read"
    LINES_EXCUSE = "lines.excuse"  # approve that what is disputed is not the supplier's doing
    DISPUTES_RAISE = "disputes.raise"
    DISPUTES_DECIDE = "disputes.decide"  # reject one, or propose to accept it
    MONTHS_READ = "months.read"  # where the month of the scorecards stands
    MONTHS_RUN = "months.run"  # let the preview begin, hand the month in for approval
    MONTHS_APPROVE = "months.approve"  # as the second person; publish
    MONTHS_PLAN = "months.plan"  # its days and times
    NONCONFORMANCES_READ = "nonconformances.read"
    NONCONFORMANCES_WRITE = "nonconformances.write"
    SCARS_READ = "scars.read"
    SCARS_WRITE = "scars.write"  # draft, issue, review, cost lines
    SCARS_DRAFT = "scars.draft"  # write an answer and add evidence; sending it takes more
    SCARS_RESPOND = "scars.respond"  # answer; one of us does it on the supplier's behalf, and it shows
    SCARS_CHASE = "scars.chase"  # remind, escalate, hand to a colleague
    SCARS_CLOSE = "scars.close"  # check that it worked, close, reopen
    SCARS_DEADLINES = "scars.deadlines"  # say how long suppliers have
    POLICIES_READ = "policies.read"
    POLICIES_WRITE = "policies.write"  # draft and hand in; give points, record events
    POLICIES_APPROVE = "policies.approve"  # activate what somebody else drafted
    ESCALATIONS_READ = "escalations.read"
    ESCALATIONS_WRITE = "escalations.write"  # propose, agree on milestones, confirm them
    ESCALATIONS_DECIDE = "escalations.decide"  # on a rung, and on its end
    ESCALATIONS_RESPOND = "escalations.respond"  # say that a milestone is done
    TARGETS_READ = "targets.read"
    TARGETS_WRITE = "targets.write"  # propose to a supplier, record what was agreed elsewhere
    TARGETS_RESPOND = "targets.respond"  # agree or decline, as the supplier
    DOCUMENTS_READ = "documents.read"
    DOCUMENTS_WRITE = "documents.write"
    DOCUMENTS_HOLD = "documents.hold"  # keep one from being deleted
    DOCUMENTS_CHECK = "documents.check"  # nobody at a screen: the worker releases and refuses
    PEOPLE_MANAGE = "people.manage"  # ours: everybody; a supplier's administrator: their own colleagues
    MESSAGES_READ = "messages.read"  # what is said about records that one may see
    MESSAGES_WRITE = "messages.write"
    NOTES_WRITE = "notes.write"  # internal ones: our people only
    JOBS_READ = "jobs.read"
    JOBS_DECIDE = "jobs.decide"  # release and discard what was held
    MAIL_READ = "mail.read"
    MAIL_RESEND = "mail.resend"
    TRAIL_READ = "trail.read"
    CERTIFICATES_READ = "certificates.read"
    CERTIFICATES_SUBMIT = "certificates.submit"  # the supplier, or our people on its behalf
    CERTIFICATES_REVIEW = "certificates.review"
    CERTIFICATES_REQUIRE = "certificates.require"  # say who must hold which
    HOME = "home"  # where everybody begins
    TASKS_READ = "tasks.read"  # our worklist
    TASKS_WRITE = "tasks.write"  # reassign, remind, revoke links
    COMPANY_CONFIRM = "company.confirm"  # a supplier's own sites and contacts
    SHARED_READ = "shared.read"  # an auditor: what is shared with them
    SHARES_MANAGE = "shares.manage"  # share a supplier with an auditor
    GUEST = "guest"  # only somebody who came by the link of a mail, without an account


_SPEAKS = {P.MESSAGES_READ, P.MESSAGES_WRITE}
_READS = {
    P.SIGNED_IN,
    P.HOME,
    P.SUPPLIERS_READ,
    P.MASTER_DATA_READ,
    P.SCORECARDS_READ,
    P.RANKING_READ,
    P.MONTHS_READ,
    P.DASHBOARD_READ,
    P.NONCONFORMANCES_READ,
    P.SCARS_READ,
    P.POLICIES_READ,
    P.ESCALATIONS_READ,
    P.TARGETS_READ,
    P.DOCUMENTS_READ,
    P.CERTIFICATES_READ,
    *_SPEAKS,
    P.NOTES_WRITE,
}
_MAIL = {P.MAIL_READ, P.MAIL_RESEND}
_NOT_OURS = {P.COMPANY_CONFIRM, P.GUEST, P.SHARED_READ, P.DISPUTES_RAISE, P.TARGETS_RESPOND}
_KEEPING = {P.DOCUMENTS_HOLD, P.DOCUMENTS_CHECK, P.JOBS_READ, P.JOBS_DECIDE}
_ALL_STAFF = (
    set(P) - {P.ANYONE, P.PEOPLE_MANAGE, P.SHARES_MANAGE, P.TRAIL_READ} - _MAIL - _NOT_OURS - _KEEPING
)
_SUPPLIER = {
    *(P.DOCUMENTS_READ, P.DOCUMENTS_WRITE),
    *(P.SIGNED_IN, P.HOME, P.SCORECARDS_READ, P.COMPANY_CONFIRM),
    *(P.SCARS_READ, P.SCARS_DRAFT, P.SCARS_RESPOND, P.CERTIFICATES_READ, P.CERTIFICATES_SUBMIT),
    P.DISPUTES_RAISE,
    *(P.ESCALATIONS_READ, P.ESCALATIONS_RESPOND),
    *(P.TARGETS_READ, P.TARGETS_RESPOND),
    *_SPEAKS,
}
# What takes a manager.
_DECIDED_ABOVE = {
    P.LINES_EXCUSE,
    P.MONTHS_APPROVE,
    P.MONTHS_PLAN,
    P.SCARS_DEADLINES,
    P.POLICIES_APPROVE,
    P.ESCALATIONS_DECIDE,
}
# What is for quality alone to decide.
_NOT_A_BUYERS = {
    *(P.MASTER_DATA_WRITE, P.ASL_WRITE, P.LINES_EXCUSE),
    *(P.DISPUTES_DECIDE, P.MONTHS_RUN),
    *(P.SCARS_WRITE, P.SCARS_DRAFT, P.SCARS_RESPOND, P.SCARS_CLOSE),
    *(P.CERTIFICATES_REVIEW, P.CERTIFICATES_REQUIRE),
    P.POLICIES_WRITE,
}

GRANTS: dict[Role, frozenset[P]] = {
    Role.QUALITY_ENGINEER: frozenset(_ALL_STAFF - {P.MASTER_DATA_WRITE} - _DECIDED_ABOVE),
    Role.BUYER: frozenset(_ALL_STAFF - _NOT_A_BUYERS - _DECIDED_ABOVE),
    Role.QUALITY_MANAGER: frozenset(_ALL_STAFF | _MAIL | {P.TRAIL_READ, P.DOCUMENTS_HOLD, P.SHARES_MANAGE}),
    Role.TOP_MANAGEMENT: frozenset(_READS),
    # Which suppliers' cards those are, the scopes say.
    Role.AUDITOR: frozenset({P.SIGNED_IN, P.HOME, P.SHARED_READ, P.SCORECARDS_READ}),
    Role.ADMINISTRATOR: frozenset(
        _ALL_STAFF | _MAIL | _KEEPING | {P.PEOPLE_MANAGE, P.TRAIL_READ, P.SHARES_MANAGE}
    ),
    Role.SUPPLIER_ADMINISTRATOR: frozenset(_SUPPLIER | {P.PEOPLE_MANAGE}),
    Role.SUPPLIER_MEMBER: frozenset(_SUPPLIER),
}


def may(who: Principal | None, permission: P) -> bool:
    """Silence means no: a role that is not granted a permission doesn't have it.

    A guest has what the task they came for needs, and nothing of what a role grants. A file of an ERP holds
    rows of any commodity: whoever may only touch some does not import.
    """
    if permission is P.ANYONE:
        return True
    if who is not None and who.guest is not None:
        return permission in who.guest.permissions
    if who is not None and who.sees_some_commodities and permission is P.IMPORTS_WRITE:
        return False
    return who is not None and permission in GRANTS.get(who.role, frozenset())
