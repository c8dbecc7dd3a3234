from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.errors import TooManyError
from portal.languages import N_
from portal.web import entering, session
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go, page, safe_next
from portal.workflows import passwords, sign_in


class SignInForm(Form):
    email = text(N_("Work e-mail"), limit=254, ask=N_("Enter your work e-mail address."))
    password = text(N_("Password"), limit=passwords.MAX_LENGTH, ask=N_("Enter your password."))


@get("/sign-in", permission=P.ANYONE)
async def show(
    request: Request[Any, Any, Any],
    next: FromQuery[str] = "/",  # noqa: A002 # the word in the address
    unsent: FromQuery[str] = "",
) -> Response[Any]:
    """Ask who it is; ``unsent``: they come here because a form of theirs came too late for its session."""
    if request.scope["state"].get("who") is not None:
        return go(request, safe_next(next))
    return page(request, "sign_in/show.html", form=SignInForm(), next=safe_next(next), unsent=unsent == "1")


@post("/sign-in", permission=P.ANYONE, status_code=200)
async def enter(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    """Sign in; whoever has or needs a second factor is asked for it next."""
    data = await request.form()
    form = SignInForm.of(data)
    target = safe_next(str(data.get("next", "/")))
    if not form.is_good:
        return page(request, "sign_in/show.html", status=422, form=form, next=target)
    settings = request.app.state.settings
    address = session.client_address(request, settings)
    try:
        await sign_in.refuse_when_too_many(db, form["email"], address)
    except TooManyError as refused:
        form.refuse("email", refused.sentence)
        headers = {"Retry-After": str(refused.retry_after)}
        return page(request, "sign_in/show.html", status=429, headers=headers, form=form, next=target)
    # The password counts as typed: spaces around it may be part of it.
    person = await sign_in.verify(db, form["email"], str(data.get("password", "")))
    if person is None:
        await sign_in.failed(db, form["email"], address)
        form.refuse("email", sign_in.WRONG)
        return page(request, "sign_in/show.html", status=422, form=form, next=target)
    return await entering.after_password(request, db, person, target)


@post("/sign-out", permission=P.SIGNED_IN, status_code=200)
async def leave(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    await session.end(db, who.session_hash)
    answer = go(request, "/sign-in")
    answer.set_cookie(session.no_cookie(request.app.state.settings))
    # The browser forgets the pages as well: Back shows nothing.
    answer.headers["Clear-Site-Data"] = '"cache"'
    return answer


HANDLERS = [show, enter, leave]
