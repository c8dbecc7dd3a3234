"""Which mails one gets."""

from typing import Any

from litestar import Request, Response, post

from portal.access.permissions import P
from portal.languages import _
from portal.mail.addresses import Reader
from portal.models.mailing import Topic, Wish
from portal.web.depends import Db, Who
from portal.web.forms import Form, option
from portal.web.page import go
from portal.workflows import mail_choices


class MailsForm(Form):
    messages = option("New messages", Wish)
    summary = option("Daily summary", Wish)
    scorecards = option("Scorecards", Wish)


@post("/account/mails", permission=P.SIGNED_IN, status_code=200)
async def choose(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    form = await MailsForm.read(request)
    for topic in Topic:
        wish = form.values.get(topic.value)
        # What is not offered comes from no form of ours.
        if wish in mail_choices.OFFERED[topic]:
            await mail_choices.choose(db, Reader(who.person_id), topic, wish)
    return go(request, "/account#mails", note=_("Saved."))


HANDLERS = [choose]
