"""A document's content as an answer: a file to save, never a page of ours that could run something.

With ASSAY_FILES_URL the content comes from an origin of its own, where nobody is signed in. The address is
good for a minute and for one document. It is signed with the secret of the session that asked: it ends with
that session, and what the person may see is asked for again when it is used.
"""

import hashlib
import hmac
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.response import Redirect, Stream

from portal import clock
from portal.access.principal import Principal
from portal.errors import NotFoundError
from portal.models.documents import Document, DocumentPreview
from portal.settings import Settings
from portal.storage import DocumentStore
from portal.web import exports

VALID = 60  # seconds

_SAFE = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


async def answer(request: Request[Any, Any, Any], document: Document, who: Principal) -> Response[Any]:
    """Answer with a document that the principal may open, or with where it is to be had."""
    settings: Settings = request.app.state.settings
    if settings.files_url:
        return Redirect(settings.files_url + signed(document.id, who), status_code=303, headers=_NO_STORE)
    return await content(request, document)


async def content(request: Request[Any, Any, Any], document: Document) -> Response[Any]:
    """Answer with the content, or with the part of it that was asked for.

    Raises:
        BusyError: the store is away; nothing was sent yet.
    """
    store: DocumentStore = request.app.state.store
    headers = {
        **_SAFE,
        **_NO_STORE,
        "Content-Disposition": exports.disposition(document.file_name),
        "Accept-Ranges": "bytes",
        "ETag": f'"{document.sha256}"',
    }
    part = wanted_part(request, document)
    if part is None:
        headers["Content-Length"] = str(document.size)
        chunks = await _begun(store.open(document.file_key))
        return Stream(chunks, media_type=document.media_type, headers=headers)
    first, last = part
    if first >= document.size:
        headers["Content-Range"] = f"bytes */{document.size}"
        return Response(b"", status_code=416, headers=headers, media_type=document.media_type)
    headers["Content-Length"] = str(last - first + 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{document.size}"
    chunks = await _begun(store.part(document.file_key, first, last))
    return Stream(chunks, status_code=206, media_type=document.media_type, headers=headers)


async def whole(
    request: Request[Any, Any, Any], file_key: str, name: str, media_type: str, size: int
) -> Response[Any]:
    """Answer with a file of the store that is no document, such as one that a job has made.

    Raises:
        BusyError: the store is away; nothing was sent yet.
    """
    store: DocumentStore = request.app.state.store
    headers = {
        **_SAFE,
        **_NO_STORE,
        "Content-Disposition": exports.disposition(name),
        "Content-Length": str(size),
    }
    return Stream(await _begun(store.open(file_key)), media_type=media_type, headers=headers)


async def picture(request: Request[Any, Any, Any], preview: DocumentPreview) -> Response[Any]:
    """Answer with the picture of a page; a browser that has it already is only told so."""
    tag = f'"{preview.file_key}"'
    headers = {**_SAFE, "Cache-Control": "private, no-cache", "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers, media_type=preview.media_type)
    store: DocumentStore = request.app.state.store
    headers["Content-Length"] = str(preview.size)
    return Stream(await _begun(store.open(preview.file_key)), media_type=preview.media_type, headers=headers)


def wanted_part(request: Request[Any, Any, Any], document: Document) -> tuple[int, int] | None:
    """Read which bytes are asked for, first and last; None for all of them.

    Several ranges at once, and a range of what has changed meanwhile, get all.
    """
    found = _RANGE.fullmatch(request.headers.get("range", ""))
    if not found or request.headers.get("if-range", f'"{document.sha256}"') != f'"{document.sha256}"':
        return None
    first, last = found.groups()
    if not first:
        length = min(int(last or 0), document.size)
        return (document.size - length, document.size - 1) if length else None
    if last and int(last) < int(first):
        return None
    return int(first), min(int(last or document.size), document.size - 1)


def signed(document_id: int, who: Principal) -> str:
    """Give the path, on the files' own origin, at which a person gets a document for a minute."""
    until = int(clock.now().timestamp()) + VALID
    query = urlencode({"until": until, "of": who.session_hash, "sign": _sign(document_id, until, who)})
    return f"/files/{document_id}?{query}"


def check_signed(request: Request[Any, Any, Any], document_id: int, who: Principal | None) -> Principal:
    """Give the principal whose session signed the address, if that still holds.

    Raises:
        NotFoundError: forged, over, or the session has ended.
    """
    until, sign = request.query_params.get("until", ""), request.query_params.get("sign", "")
    if who is None or not until.isascii() or not until.isdigit() or len(until) > 12:
        raise NotFoundError
    if not hmac.compare_digest(sign.encode(), _sign(document_id, int(until), who).encode()):
        raise NotFoundError
    if int(until) < clock.now().timestamp():
        raise NotFoundError("This address was good for a minute. Go back and open the document again.")
    return who


_NO_STORE = {"Cache-Control": "private, no-store"}


def _sign(document_id: int, until: int, who: Principal) -> str:
    words = f"document {document_id} until {until} for {who.session_hash}"
    return hmac.new(who.csrf_token.encode(), words.encode(), hashlib.sha256).hexdigest()


async def _begun(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Get the first chunk before the answer begins: what is wrong by then is an error page."""
    first = await anext(chunks, b"")

    async def all_of_it() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return all_of_it()
