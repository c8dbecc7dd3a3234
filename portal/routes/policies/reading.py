"""The rules that make the scores in plain words, and all versions of them."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from portal import clock
from portal.access.permissions import P, may
from portal.web.depends import Db, Who
from portal.web.page import page
from portal.web.reading import our_today, row_id
from portal.workflows.policies import differences, records
from portal.workflows.policies.approving import MONTHS_AHEAD
from portal.workflows.policies.steps import STEPS
from portal.workflows.ratings import active_policy
from portal.workflows.scorecards import policy_words
from portal.workflows.steps import possible
from scorecards.explain import event_words
from scorecards.periods import month_label, month_number

_WORDS: dict[str, Any] = {"cap_words": policy_words.cap_words, "event_words": event_words}


@get("/policy", permission=P.POLICIES_READ)
async def show(request: Request[Any, Any, Any], db: Db) -> Response[Any]:
    policy = await active_policy(db)
    rules, tables = policy_words.rules(policy), policy_words.tables(policy)
    return page(request, "policies/current.html", policy=policy, rules=rules, tables=tables, **_WORDS)


@get("/policies", permission=P.POLICIES_READ)
async def index(request: Request[Any, Any, Any], db: Db, who: Who) -> Response[Any]:
    versions = await records.listed(db, who)
    return page(request, "policies/index.html", versions=versions, may_write=may(who, P.POLICIES_WRITE))


@get("/policies/{policy:str}", permission=P.POLICIES_READ)
async def version(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    found = await records.find(db, who, row_id(policy))
    before = await records.in_force(db, found.row)
    running = month_number(our_today(request))
    return page(
        request,
        "policies/show.html",
        version=found,
        policy=found.policy,
        rules=policy_words.rules(found.policy),
        tables=policy_words.tables(found.policy),
        **_WORDS,
        before=before,
        differences=differences.between(before, found.row) if before else [],
        steps=possible(found.row, STEPS, who),
        may_write=may(who, P.POLICIES_WRITE),
        wrote_in_it=who.person_id in found.row.editor_ids,
        months=[(month, month_label(month)) for month in range(running, running + MONTHS_AHEAD + 1)],
        today=clock.today(who.time_zone),
    )


HANDLERS = [show, index, version]
