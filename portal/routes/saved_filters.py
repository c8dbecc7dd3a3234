"""Saving what a list shows under a name, and forgetting it."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request, Response, post
from litestar.params import FromPath

from portal.access.permissions import P
from portal.languages import N_, _
from portal.routes.nonconformances.index import LISTING as NONCONFORMANCES
from portal.routes.scars.index import LISTING as SCARS
from portal.routes.suppliers.index import LISTING as SUPPLIERS
from portal.routes.worklist import LISTING as WORKLIST
from portal.web.depends import Db, Who
from portal.web.forms import Form, text
from portal.web.page import go
from portal.web.reading import row_id
from portal.workflows import saved_filters

LISTS = {each.path for each in (NONCONFORMANCES, SCARS, SUPPLIERS, WORKLIST)}


def _address(value: str) -> str:
    """Take the address of a list that is narrowed, and nothing else: it becomes a link."""
    parts = urlsplit(value)
    if parts.scheme or parts.netloc or parts.path not in LISTS or not parts.query:
        raise ValueError(N_("This is no list that can be saved. Open a list, choose filters, then save."))
    return value


class SaveForm(Form):
    name = text(N_("Name"), limit=60, ask=N_("Give what you see a name, such as “Critical in Luleå”."))
    address = text("Address", limit=2000, check=_address)


@post("/saved-filters", permission=P.SIGNED_IN, status_code=200)
async def save(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = (await SaveForm.read(request)).good()
    parts = urlsplit(form["address"])
    await saved_filters.save(db, who, parts.path, form["name"], parts.query)
    return go(request, form["address"], note=_("Saved as “%(name)s”.", name=form["name"]))


@post("/saved-filters/{saved:str}/removal", permission=P.SIGNED_IN, status_code=200)
async def remove(request: Request[Any, Any, Any], db: Db, who: Who, saved: FromPath[str]) -> Response[Any]:
    gone = await saved_filters.remove(db, who, row_id(saved))
    return go(request, gone.address, note=_("“%(name)s” is forgotten.", name=gone.name))


HANDLERS = [save, remove]
