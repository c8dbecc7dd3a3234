"""What we hold about a supplier's company, for its own people to read and confirm."""

from typing import Any

from litestar import Request, Response, get, post

from portal.access.permissions import P
from portal.countries import NAMES
from portal.languages import NAMES as LANGUAGES
from portal.languages import _, known
from portal.web.depends import Db, Who
from portal.web.page import go, page
from portal.workflows.company_details import confirming
from portal.workflows.suppliers.words import PROCESS

HERE = "/company-details"


@get(HERE, permission=P.COMPANY_CONFIRM)
async def show(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    return page(
        request,
        "company_details/show.html",
        view=await confirming.details(db, who),
        countries=NAMES,
        process=PROCESS,
        language_of=lambda code: LANGUAGES[known(code)],
    )


@post(f"{HERE}/confirmation", permission=P.COMPANY_CONFIRM, status_code=200)
async def confirm(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    await confirming.confirm(db, who)
    # A guest's page says it by itself.
    return go(request, "/", note="" if who.guest else _("Confirmed. Thank you, we ask again in a year."))


HANDLERS = [show, confirm]
