"""The mails that the portal has written: how each ended, who can't be reached, and a second try."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream

from portal.access.permissions import P, may
from portal.mail.outbox import queue_again
from portal.models.outbox import MailStatus
from portal.web import exports
from portal.web.depends import Db, Who
from portal.web.listing import Column, Filter, Listing, View
from portal.web.page import flash, go, page
from portal.web.reading import row_id
from portal.workflows import jobs, outbox

STATUS = {
    MailStatus.QUEUED: "Waiting",
    MailStatus.SENT: "Sent",
    MailStatus.BOUNCED: "Refused",
    MailStatus.FAILED: "Given up",
    MailStatus.KEPT: "Kept",
}
KINDS = {
    "invitation": "Invitation",
    "password_reset": "New password",
    "sign_in_code": "Code",
    "task_link": "Task",
    "task_told": "Task of somebody away",
    "stand_in": "Stand-in",
    "email_change": "New address",
    "account_changed": "Account changed",
    "thread_message": "Message",
    "certificate_reminder": "Certificate reminder",
    "certificate_returned": "Certificate returned",
    "certificates_asked": "Certificates",
    "dispute_decided": "Dispute decided",
    "scorecard": "Scorecard",
    "scorecard_preview": "Scorecard preview",
    "scorecard_digest": "Scorecards digest",
    "scar_told": "SCAR",
    "escalation_told": "Escalation",
    "summary": "Daily summary",
}

LISTING = Listing(
    path="/mail",
    one="mail",
    many="mails",
    sorts=outbox.SORTS,
    sort="-written",
    find="Find a mail",
    hint="Name, address, supplier or subject",
    filters=(
        Filter("status", "Status", tuple((status.value, words) for status, words in STATUS.items())),
        Filter("kind", "About", tuple(KINDS.items())),
    ),
    columns=(
        Column("to", "To", lambda row: row.name or row.address),
        Column("address", "Address", lambda row: row.address, in_file_only=True),
        Column("supplier", "Supplier", lambda row: row.supplier_name),
        Column("subject", "Subject", lambda row: row.subject),
        Column("written", "Written", lambda row: row.created_at, first="-"),
        Column("status", "Status", lambda row: STATUS[row.status]),
        Column("problem", "What the mail server said", lambda row: row.problem, in_file_only=True),
        Column("tries", "Tries", lambda row: row.tries, numeric=True, in_file_only=True),
        Column("ended", "Ended", lambda row: row.ended_at, in_file_only=True),
    ),
)


@get("/mail", permission=P.MAIL_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    view = LISTING.view(request)
    if request.query_params.get("done") == "again":
        flash(request, "ok", "The mail is in the queue again. It leaves within a minute.")
    counts = await outbox.counts(db, who)
    return page(
        request,
        "outbox/index.html",
        "outbox/_table.html",
        headers=view.headers,
        view=view,
        found=await outbox.listed(db, who, view.wanted),
        saved=saved(view, counts),
        counts=counts,
        unreachable=await outbox.undeliverable(db, who),
        workers=await jobs.workers(db),
        trouble=await outbox.trouble(db, request.app.state.settings),
        status_words=STATUS,
        kind_words=KINDS,
        may_resend=may(who, P.MAIL_RESEND),
    )


@get(["/mail.csv", "/mail.xlsx"], permission=P.MAIL_READ)
async def file(request: Request[Any, Any, Any], db: Db, who: Who) -> Stream:
    view = LISTING.view(request)
    rows = outbox.every(db, who, view.wanted)
    return await exports.answer(request, "mail", LISTING.columns, rows, zone=who.time_zone)


@post("/mail/{mail_id:str}/attempts", permission=P.MAIL_RESEND, status_code=200)
async def attempt(mail_id: FromPath[str], request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    await queue_again(db, await outbox.to_try_again(db, who, row_id(mail_id)))
    return go(request, "/mail?done=again")


def saved(view: View, counts: dict[MailStatus, int]) -> list[tuple[str, str, int, bool, bool]]:
    """Give the saved filters: (words, address, count, is the present one, calls for action)."""
    found = [("All", LISTING.path, sum(counts.values()), view.says() and not view.wanted.q, False)]
    for status, words in STATUS.items():
        if status is MailStatus.KEPT and not counts.get(status):
            continue
        is_hot = status in {MailStatus.BOUNCED, MailStatus.FAILED}
        address = f"{LISTING.path}?status={status}"
        is_here = view.says(status=status) and not view.wanted.q
        found.append((words, address, counts.get(status, 0), is_here, is_hot))
    return found


HANDLERS = [index, file, attempt]
