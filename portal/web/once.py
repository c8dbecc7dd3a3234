"""A request that changes something may carry a key: however often it arrives, it is done once.

A program sends it as the header ``Idempotency-Key``. A form that makes something has it as a hidden field
(``once()`` of macros/forms.html), or in its address where it holds files, new each time it is rendered: so a
double click, or sending again after a broken connection, makes one record and shows that one.

Kept are answers that say that something was done: ``go()`` says so by itself, a fragment through ``done()``,
and an answer for a machine through ``answered()``.
"""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response
from litestar.serialization import encode_json
from sqlalchemy.ext.asyncio import AsyncSession

from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.languages import N_
from portal.models.given_answers import GivenAnswer
from portal.web import page as pages
from portal.web import parts
from portal.web.csrf import FIELD as TOKEN
from portal.workflows import given_answers
from portal.workflows.given_answers import Made

FIELD, HEADER = parts.KEY, parts.KEY_HEADER
_LONGEST = 200
_OTHER_FORM = N_(
    "You have sent this form before with other words, and that was done. Look at what came of it; for another"
    " one, open the form anew."
)


class AnsweredError(Exception):
    """This request was answered before: nothing is done, and the answer is given again."""

    def __init__(self, given: GivenAnswer) -> None:
        super().__init__(given.request_key)
        self.made = Made(
            **{name: getattr(given, name) for name in ("status", "place", "note", "media_type", "body")}
        )


@dataclass(frozen=True, slots=True)
class Key:
    text: str
    is_ours: bool  # given by our own page, rather than by a program

    @classmethod
    async def of(cls, request: Request[Any, Any, Any]) -> "Key | None":
        given: Any = request.headers.get(HEADER)
        is_ours = given is None
        if is_ours:
            given = request.query_params.get(FIELD)
            if not given and request.content_type[0] == "application/x-www-form-urlencoded":
                given = (await request.form()).get(FIELD)
        if not isinstance(given, str) or (is_ours and not given):
            return None
        if not given.strip() or len(given) > _LONGEST or not given.isascii() or not given.isprintable():
            raise BadInputError(N_("The key of a request has 1 to 200 plain characters."))
        return cls(given, is_ours)


async def begin(request: Request[Any, Any, Any], db: AsyncSession, who: Principal) -> Key | None:
    """Take the request's key, where it has one.

    Raises:
        AnsweredError: it was answered before.
        BadInputError: another request was, with the same key.
        NotReadyError: the same request is being answered at this moment.
    """
    key = await Key.of(request)
    if key is None:
        return None
    given = await given_answers.earlier(db, who, key.text, waits=key.is_ours)
    if given is None:
        return key
    if await _digest(request) == given.digest:
        raise AnsweredError(given)
    raise BadInputError(_OTHER_FORM if key.is_ours else N_("Another request was sent with this key."))


async def keep(request: Request[Any, Any, Any], db: AsyncSession, who: Principal, key: Key | None) -> None:
    """Write down what the request was answered, if it did something."""
    made: Made | None = request.scope["state"].get("made")
    if key is not None and made is not None:
        given_answers.keep(db, who, key.text, await _digest(request), made)


def done(request: Request[Any, Any, Any], answer: Response[Any]) -> Response[Any]:
    """Say of a fragment that something was done. Sent again, its page is shown anew."""
    request.scope["state"]["made"] = Made()
    return answer


def answered(request: Request[Any, Any, Any], answer: Response[Any]) -> Response[Any]:
    """Keep an answer for a machine, to the byte."""
    body = encode_json(answer.content).decode()
    made = Made(status=answer.status_code or 200, media_type="application/json", body=body)
    request.scope["state"]["made"] = made
    return answer


def again(request: Request[Any, Any, Any], error: AnsweredError) -> Response[Any]:
    """Give the answer again; htmx loads the page anew where the first got a fragment."""
    made = error.made
    if made.media_type:
        answer: Response[Any] = Response(
            made.body.encode(), status_code=made.status, media_type=made.media_type
        )
    else:
        answer = pages.go(request, made.place or pages.came_from(request), note=made.note)
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


async def _digest(request: Request[Any, Any, Any]) -> str:
    """Give a hash of where the request goes and what it says, the same however it is wrapped."""
    kind = request.content_type[0]
    if kind == "multipart/form-data":
        said: Any = await parts.digest(request)
    elif kind == "application/x-www-form-urlencoded":
        form = await request.form()
        said = [pair for pair in form.multi_items() if pair[0] not in {FIELD, TOKEN}]
    else:
        said = hashlib.sha256(await request.body()).hexdigest()
    asked = [pair for pair in request.query_params.multi_items() if pair[0] not in {FIELD, TOKEN}]
    whole = json.dumps([request.method, request.url.path, asked, said])
    return hashlib.sha256(whole.encode()).hexdigest()
