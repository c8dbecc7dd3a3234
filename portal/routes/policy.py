"""The rules that make the scores, in plain words."""

from typing import Any

from litestar import Request, Response, get

from portal.access.permissions import P
from portal.web.depends import Db
from portal.web.page import page
from portal.workflows.ratings import active_policy
from portal.workflows.scorecards import policy_words


@get("/policy", permission=P.POLICIES_READ)
async def show(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    policy = await active_policy(db)
    rules, tables = policy_words.rules(policy), policy_words.tables(policy)
    return page(request, "policy/show.html", policy=policy, rules=rules, tables=tables)


HANDLERS = [show]
