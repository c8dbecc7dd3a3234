"""Where the link of a mail leads. Looking changes nothing; a button sends a code, and the code opens."""

from typing import Any

from litestar import HttpMethod, Request, Response, get, post, route
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import BadInputError, NotReadyError, TooManyError
from portal.languages import N_, _, speak
from portal.models.task_links import TaskLink
from portal.web import session
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page
from portal.web.reading import row_id
from portal.workflows import invitations
from portal.workflows.task_links import entering, guests
from portal.workflows.tasks import registry


class CodeForm(Form):
    code = text(N_("Code"), limit=40, ask=N_("Enter the six digits of the mail."))


@route("/task", http_method=[HttpMethod.GET, HttpMethod.HEAD], permission=P.ANYONE)
async def show(request: Request[Any, Any, Any], db: Db, token: FromQuery[str] = "") -> Response[Any]:
    """Say whose task it is. Mail scanners come here too, as often as they like."""
    try:
        link = await entering.look(db, token)
    except NotReadyError as over:
        return _over(request, over)
    who: Principal | None = request.scope["state"].get("who")
    if who is None:
        speak(link.language)
    elif await _is_there(db, who, link):
        return go(request, link.path)
    return page(
        request,
        "task_links/show.html",
        task_link=link,
        path="",  # offers no other language: the way back would have no token
        token=token,
        company=link.supplier_name,
        hidden=entering.hidden(link.email),
        # Whether the task is really theirs, turning to it says.
        same_contact=who is not None and who.guest is not None and who.email == link.email,
    )


@post("/task/code", permission=P.ANYONE, status_code=200)
async def send(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    """Send a code to the address on file, and nowhere else."""
    data = await request.form()
    token = str(data.get("token", ""))
    try:
        link = await entering.look(db, token)
    except NotReadyError as over:
        return _over(request, over)
    speak(link.language)
    settings = request.app.state.settings
    try:
        await entering.send_code(db, settings, link, session.client_address(request, settings))
    except TooManyError as refused:
        form = CodeForm()
        form.refuse("code", refused.sentence)
        return _ask(request, link, token, form, status=429, retry_after=refused.retry_after)
    return _ask(request, link, token, CodeForm())


@post("/task/session", permission=P.ANYONE, status_code=200)
async def enter(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    data = await request.form()
    token = str(data.get("token", ""))
    try:
        link = await entering.look(db, token)
    except NotReadyError as over:
        return _over(request, over)
    speak(link.language)
    form = CodeForm.of(data)
    if not form.is_good:
        return _ask(request, link, token, form, status=422)
    settings = request.app.state.settings
    address = session.client_address(request, settings)
    agent = request.headers.get("user-agent", "")
    try:
        made = await entering.enter(db, settings, link, form["code"], address=address, agent=agent)
    except TooManyError as refused:
        form.refuse("code", refused.sentence)
        return _ask(request, link, token, form, status=429, retry_after=refused.retry_after)
    except BadInputError as refused:
        form.refuse("code", refused.sentence)
        return _ask(request, link, token, form, status=422)
    if before := request.scope["state"].get("who"):
        await session.end(db, before.session_hash)
    answer = go(request, link.path)
    answer.set_cookie(session.cookie(settings, made))
    return answer


@post("/task/turn", permission=P.GUEST, status_code=200)
async def turn(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Go on with another task of the same contact; the session then reaches that one."""
    data = await request.form()
    task = await guests.turn_to(db, who, row_id(str(data.get("task", ""))))
    return go(request, registry.KINDS[task.kind].path(task))


@post("/task/leave", permission=P.GUEST, status_code=200)
async def leave(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    await session.end(db, who.session_hash)
    answer = go(request, "/sign-in")
    answer.set_cookie(session.no_cookie(request.app.state.settings))
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


@get("/task/account", permission=P.GUEST)
async def offer(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """Next time without a code."""
    has_account = await invitations.has_account(db, who.email)
    return page(request, "task_links/account.html", has_account=has_account)


@post("/task/account", permission=P.GUEST, status_code=200)
async def open_account(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    """The code has just shown whose address it is: the invitation opens at once, instead of the session."""
    token = await invitations.invite_guest(db, who)
    await session.end(db, who.session_hash)
    answer = go(request, f"/invitation?token={token}")
    answer.set_cookie(session.no_cookie(request.app.state.settings))
    return answer


async def _is_there(db: Db, who: Principal, link: TaskLink) -> bool:
    """Say whether somebody reaches the task already: with an account, or by this very link."""
    if who.guest is None:
        return await entering.is_of(db, who, link)
    return who.guest.task_id == link.task_id and who.email == link.email


def _ask(
    request: Request[Any, Any, Any],
    link: TaskLink,
    token: str,
    form: CodeForm,
    *,
    status: int = 200,
    retry_after: int | None = None,
) -> Response[Any]:
    return page(
        request,
        "task_links/code.html",
        status=status,
        headers={"Retry-After": str(retry_after)} if retry_after else None,
        task_link=link,
        path="",  # offers no other language: the way back would have no token
        token=token,
        form=form,
        hidden=entering.hidden(link.email),
    )


def _over(request: Request[Any, Any, Any], over: NotReadyError) -> Response[Any]:
    is_done = isinstance(over, entering.DoneError)
    return page(request, "sign_in/over.html", status=410, path="", sentence=_(over.sentence), is_done=is_done)


HANDLERS = [show, send, enter, turn, leave, offer, open_account]
