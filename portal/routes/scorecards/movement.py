"""Who moved between bands since the period before, as a matrix, as a list with reasons, and as a file."""

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from portal.access.permissions import P
from portal.errors import BadInputError
from portal.routes.scorecards.card import part_of
from portal.web import exports, periods
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.listing import Column
from portal.web.page import go, page
from portal.web.reading import our_today
from portal.workflows.ratings import timeline
from portal.workflows.scorecards import parts, ranking
from portal.workflows.scorecards.movement import Movement, movement

_COLUMNS = (
    Column("number", "Number", lambda move: move.place.number),
    Column("name", "Supplier", lambda move: move.place.name),
    Column("before", "Band before", lambda move: move.place.before),
    Column("now", "Band now", lambda move: move.place.band),
    Column("score_before", "Score before", lambda move: move.place.earlier and move.place.earlier.shown),
    Column("score", "Score now", lambda move: move.place.shown),
    Column("why", "Why", lambda move: move.reason),
)


@get(["/movement", "/movement/{name:str}"], permission=P.RANKING_READ)
async def show(
    request: Request[Any, Any, Any],
    db: Db,
    who: Who,
    name: FromPath[str] = "",
    period: FromQuery[str] = "",
    before: FromQuery[str] = "",
    now: FromQuery[str] = "",
) -> Response[Any]:
    """Show who moved; an address that ends with .csv or .xlsx is the same list as a file."""
    today = our_today(request)
    part = await part_of(request, db, who)
    if period:
        key = periods.write(periods.read(period, today))
        return go(request, link(f"/movement/{key}", part.params))
    ending = next((each for each in (".csv", ".xlsx") if name.endswith(each)), "")
    chosen = periods.read(name.removesuffix(ending), today)
    key = periods.write(chosen)
    places = await ranking.places(db, who, chosen, today, part=part)
    found = movement(places, await timeline(db), chosen)
    for band in (before, now):
        if band and band not in found.bands:
            raise BadInputError(
                f"There is no band “{band[:40]}”. It can be one of: {', '.join(found.bands)}."
            )
    moves = found.list(before, now) if before and now else found.list()
    if ending:
        return await exports.answer(
            request, f"movement-{key}", _COLUMNS, exports.each(moves), zone=who.time_zone
        )
    here, cell = f"/movement/{key}", {"before": before, "now": now} if before and now else {}
    return page(
        request,
        "ranking/movement.html",
        found=found,
        matrix=_matrix(found, here, part.params),
        moves=moves,
        part=part,
        offered=await parts.offered(db, who),
        period=chosen,
        period_key=key,
        periods=periods.offered(today, chosen),
        here=here,
        cell=cell,
        all_moved=link(here, part.params),
        ranking_link=link(f"/scorecards/{key}", part.params),
        files={each: link(f"{here}{each}", {**part.params, **cell}) for each in (".csv", ".xlsx")},
    )


def _matrix(
    found: Movement, here: str, params: dict[str, tuple[str, ...]]
) -> list[tuple[str, list[tuple[int, str]]]]:
    """Give a row for each band before, with counts by the band now and where each leads."""
    return [
        (
            before,
            [(found.counts[before, now], link(here, params, before=before, now=now)) for now in found.bands],
        )
        for before in found.bands
    ]


HANDLERS = [show]
