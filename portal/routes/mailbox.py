"""Every mail as its reader sees it, while developing: there is no such page in production."""

import re
from base64 import b64encode
from collections.abc import Sequence
from html import unescape
from typing import Any

from litestar import Request, Response, get
from litestar.enums import MediaType
from litestar.params import FromPath
from sqlalchemy import select
from sqlmodel import col

from portal.access.permissions import P
from portal.access.principal import system
from portal.errors import NotFoundError
from portal.mail import outbox
from portal.mail.compose import compose
from portal.models.outbox import MailAttachment, OutgoingMail
from portal.routes.outbox import STATUS
from portal.storage import DocumentStore
from portal.web import exports
from portal.web.observe import CONTENT_SECURITY_POLICY
from portal.web.page import page
from portal.web.reading import row_id

NEWEST = 200
_NAME = "mailbox"

# The mail stands in a frame of its own, where it can run, fetch, send and open nothing.
_FRAMED = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'"
)
_FRAMING = f"{CONTENT_SECURITY_POLICY}; frame-src 'self'"


@get("/mailbox", permission=P.SIGNED_IN)
async def index(request: Request[Any, Any, Any]) -> Response[str]:
    _only_while_developing(request)
    query = select(OutgoingMail).order_by(col(OutgoingMail.id).desc()).limit(NEWEST)
    # As the portal: a supplier's own role reads no mail of others.
    async with request.app.state.database.work(system(_NAME)) as db:
        mails = list((await db.execute(query)).scalars())
    return page(request, "mailbox/index.html", mails=mails, status_words=STATUS)


@get("/mailbox/{mail_id:str}", permission=P.SIGNED_IN)
async def show(mail_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """Show one mail. Its links stand beside it: inside the frame they lead nowhere."""
    mail = await _mail(request, mail_id)
    settings = request.app.state.settings
    sender = settings.mail_from or f"Assay <assay@{mail.message_id.strip('<>').rpartition('@')[2]}>"
    try:
        head = compose(mail, sender).partition(b"\r\n\r\n")[0].decode(errors="replace")
    except ValueError as wrong:
        head = str(wrong)
    links = _links(mail, settings.base_url)
    return page(
        request,
        "mailbox/show.html",
        headers={"Content-Security-Policy": _FRAMING},
        mail=mail,
        head=head.replace("\r\n", "\n"),
        links=links,
        files=await _files(request, mail),
        status_words=STATUS,
    )


def _links(mail: OutgoingMail, base_url: str) -> list[tuple[str, str]]:
    """Give where the mail's links lead, each with the words that it has in the HTML part."""
    found = re.findall(r"<a\b[^>]*\bhref=[\"']([^\"']+)[\"'][^>]*>(.*?)</a>", mail.body_html, re.DOTALL)
    words: dict[str, str] = {}
    for address, inside in found:
        said = " ".join(unescape(re.sub(r"<[^>]+>", " ", inside)).split())
        words.setdefault(unescape(address), said)
    leading = dict.fromkeys(re.findall(rf"{re.escape(base_url)}/\S+", mail.body_text))
    return [(address, words.get(address) or "Open the link") for address in leading]


@get("/mailbox/{mail_id:str}/body", permission=P.SIGNED_IN)
async def body(mail_id: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    mail = await _mail(request, mail_id)
    headers = {
        "Content-Security-Policy": _FRAMED,
        "X-Frame-Options": "SAMEORIGIN",
        "Cache-Control": "no-store",
    }
    store: DocumentStore = request.app.state.store
    html = mail.body_html
    for each in await _files(request, mail):
        if each.content_id:
            content = b"".join([chunk async for chunk in store.open(each.file_key)])
            shown = f"data:{each.media_type};base64,{b64encode(content).decode()}"
            html = html.replace(f"cid:{each.content_id}", shown)
    return Response(html, media_type=MediaType.HTML, headers=headers)


@get("/mailbox/{mail_id:str}/files/{file_id:str}", permission=P.SIGNED_IN)
async def file(
    mail_id: FromPath[str], file_id: FromPath[str], request: Request[Any, Any, Any]
) -> Response[bytes]:
    """Give what is attached, to be looked at."""
    mail = await _mail(request, mail_id)
    found = next((each for each in await _files(request, mail) if each.id == row_id(file_id)), None)
    if found is None:
        raise NotFoundError
    store: DocumentStore = request.app.state.store
    content = b"".join([chunk async for chunk in store.open(found.file_key)])
    return exports.saved_as(found.name, content, found.media_type)


async def _files(request: Request[Any, Any, Any], mail: OutgoingMail) -> Sequence[MailAttachment]:
    async with request.app.state.database.work(system(_NAME)) as db:
        return await outbox.attached_to(db, mail)


async def _mail(request: Request[Any, Any, Any], mail_id: str) -> OutgoingMail:
    _only_while_developing(request)
    async with request.app.state.database.work(system(_NAME)) as db:
        mail: OutgoingMail | None = await db.get(OutgoingMail, row_id(mail_id))
    if mail is None:
        raise NotFoundError
    return mail


def _only_while_developing(request: Request[Any, Any, Any]) -> None:
    if not request.app.state.settings.development:
        raise NotFoundError


HANDLERS = [index, show, body, file]
