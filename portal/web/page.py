"""The only place that decides between a page and a fragment, and that reads htmx's headers."""

from typing import Any

from litestar import Request, Response
from litestar.enums import MediaType
from litestar.response import Redirect

from portal.access.principal import Principal
from portal.web.navigation import navigation
from portal.workflows import passkeys

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
    return Response(html, status_code=status, media_type=MediaType.HTML, headers=answer)


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
        "nav": navigation(who),
        "csrf_token": who.csrf_token if who else "",
        "request_id": request.scope["state"].get("request_id", ""),
        "theme": theme if theme in THEMES else "",
        "flash": request.scope["state"].get("flash", []),
        "path": request.url.path,
        "query": request.url.query,
        "has_passkeys": passkeys.place(request.app.state.settings) is not None,
        "development": request.app.state.settings.development,
    }


def flash(request: Request[Any, Any, Any], kind: str, sentence: str) -> None:
    """Show a note on the page that this request renders; kinds are those of the chips."""
    request.scope["state"].setdefault("flash", []).append({"kind": kind, "text": sentence})


def go(request: Request[Any, Any, Any], path: str) -> Response[Any]:
    """Send the browser on after a form: a whole new page, so that reload repeats nothing."""
    if request.headers.get("hx-request") == "true":
        return Response("", status_code=200, headers={"HX-Redirect": path, "Vary": "HX-Request"})
    return Redirect(path, status_code=303)


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
