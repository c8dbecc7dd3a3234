"""The language that one reads, and the time zone in which times are shown."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import FromPath, FromQuery

from portal import languages, timezones
from portal.access.permissions import P
from portal.errors import NotFoundError
from portal.languages import N_
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.observe import LANGUAGE_COOKIE
from portal.web.page import go, page, safe_next
from portal.workflows import account

_YEAR = 365 * 86_400


class LanguageForm(Form):
    language = text(N_("Language"), limit=8)
    time_zone = text(N_("Time zone"), limit=64, check=timezones.check)


@get("/account/language", permission=P.SIGNED_IN)
async def edit(request: Request[Any, Any, Any], who: Who) -> Response[Any]:
    return _page(request, LanguageForm({"language": who.language, "time_zone": who.time_zone}))


@post("/account/language", permission=P.SIGNED_IN, status_code=200)
async def save(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = await LanguageForm.read(request)
    if form.is_good and form["language"] not in languages.NAMES:
        form.refuse("language", N_("Choose a language from the list."))
    if not form.is_good:
        return _page(request, form, status=422)
    await account.set_language(db, await account.mine(db, who), form["language"], form["time_zone"])
    languages.speak(form["language"])
    return go(request, "/account", note=languages.gettext(N_("Language and time zone are saved.")))


@get("/language/{code:str}", permission=P.ANYONE)
async def choose(
    request: Request[Any, Any, Any], code: FromPath[str], to: FromQuery[str] = "/"
) -> Response[Any]:
    """Remember a language in this browser, for whoever is not signed in."""
    if code not in languages.NAMES:
        raise NotFoundError
    answer = go(request, safe_next(to))
    settings = request.app.state.settings
    answer.set_cookie(
        Cookie(
            key=LANGUAGE_COOKIE,
            value=code,
            path="/",
            max_age=_YEAR,
            httponly=True,
            samesite="lax",
            secure=settings.is_https,
        )
    )
    return answer


def _page(request: Request[Any, Any, Any], form: LanguageForm, *, status: int = 200) -> Response[Any]:
    return page(
        request,
        "account/language.html",
        status=status,
        form=form,
        languages=list(languages.NAMES.items()),
        zones=timezones.offered(),
    )


HANDLERS = [edit, save, choose]
