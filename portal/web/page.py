"""The only place that decides between a page and a fragment, and that reads htmx's headers."""

from typing import Any
from urllib.parse import quote, unquote

from litestar import Request, Response
from litestar.datastructures import Cookie
from litestar.enums import MediaType
from litestar.response import Redirect

from portal.access.principal import Principal
from portal.web.navigation import navigation
from portal.workflows import passkeys
from portal.workflows.given_answers import Made

THEMES = {"light", "dark"}


def wants_fragment(request: Request[Any, Any, Any]) -> bool:
    """Say whether htmx asks for a part of the page.

    A boosted link and a page restored from history are whole pages, whatever else their headers say.
    """
    headers = request.headers
    return (
        headers.get("hx-request") == "true"
        and headers.get("hx-boosted") != "true"
        and headers.get("hx-history-restore-request") != "true"
    )


def page(
    request: Request[Any, Any, Any],
    template: str,
    fragment: str | None = None,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response[str]:
    """Render the page, or its fragment where htmx asked and there is one.

    Rendering happens here, before the transaction commits: a template that fails changes nothing.
    """
    name = fragment if fragment and wants_fragment(request) else template
    html = render(request, name, status=status, **context)
    answer = {"Vary": "HX-Request", "Cache-Control": "no-store", **(headers or {})}
    made = Response(html, status_code=status, media_type=MediaType.HTML, headers=answer)
    if _note_cookie(request) in request.cookies:
        made.set_cookie(_cookie(request, "", seconds=0))
    return made


def render(request: Request[Any, Any, Any], template: str, **context: Any) -> str:
    engine = request.app.state.templates
    return str(engine.get_template(template).render({**shell(request), **context}))


def shell(request: Request[Any, Any, Any]) -> dict[str, Any]:
    """Give what every layout needs."""
    who: Principal | None = request.scope["state"].get("who")
    theme = request.cookies.get("theme", "")
    return {
        "who": who,
        "org": request.app.state.org.current,
        "nav": navigation(who, request.scope["state"].get("counts", {})),
        "csrf_token": who.csrf_token if who else "",
        "request_id": request.scope["state"].get("request_id", ""),
        "theme": theme if theme in THEMES else "",
        "flash": [*_note(request), *request.scope["state"].get("flash", [])],
        "path": request.url.path,
        "query": request.url.query,
        "company_sign_in": company.name if (company := request.app.state.company) else "",
        "has_passkeys": passkeys.place(request.app.state.settings) is not None,
        "development": request.app.state.settings.development,
    }


def flash(request: Request[Any, Any, Any], kind: str, sentence: str) -> None:
    """Show a note on the page that this request renders; kinds are those of the chips."""
    request.scope["state"].setdefault("flash", []).append({"kind": kind, "text": sentence})


def go(request: Request[Any, Any, Any], path: str, *, note: str = "") -> Response[Any]:
    """Send the browser on after a form: a whole new page, so that reload repeats nothing.

    ``note`` is what that page says was done. It travels in a cookie of seconds, and is shown once.
    """
    request.scope["state"]["made"] = Made(place=path, note=note)
    made: Response[Any] = Redirect(path, status_code=303)
    if request.headers.get("hx-request") == "true":
        made = Response("", status_code=200, headers={"HX-Redirect": path, "Vary": "HX-Request"})
    if note:
        made.set_cookie(_cookie(request, quote(note), seconds=20))
    return made


def came_from(request: Request[Any, Any, Any]) -> str:
    """Give the page from which a form or a fragment was asked for; the first page where nobody says."""
    told = request.headers.get("hx-current-url") or request.headers.get("referer") or ""
    path = told.partition("://")[2].partition("#")[0].partition("/")[2]
    return safe_next(f"/{path}")


def _note(request: Request[Any, Any, Any]) -> list[dict[str, str]]:
    said = unquote(request.cookies.get(_note_cookie(request), ""))[:300]
    return [{"kind": "ok", "text": said}] if said else []


def _note_cookie(request: Request[Any, Any, Any]) -> str:
    return f"{request.app.state.settings.cookie_name}_note"


def _cookie(request: Request[Any, Any, Any], value: str, *, seconds: int) -> Cookie:
    return Cookie(
        key=_note_cookie(request),
        value=value,
        path="/",
        max_age=seconds,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.is_https,
    )


def safe_next(target: str | None) -> str:
    """Give a path within the portal to go to after signing in; anything else goes home."""
    if (
        not target
        or not target.startswith("/")
        or target.startswith(("//", "/\\"))
        or any(ord(c) < 32 or c == "\\" for c in target)
    ):
        return "/"
    return target
