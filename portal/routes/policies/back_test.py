"""The back-test of a version: begun, watched, read, taken along."""

from typing import Any, NamedTuple

from litestar import Request, Response, get, post
from litestar.params import FromPath, FromQuery
from sqlmodel import col

from portal.access import scopes
from portal.access.permissions import P, may
from portal.access.principal import Principal
from portal.errors import BadInputError, NotFoundError
from portal.models.ratings import BackTestStatus
from portal.models.suppliers import Supplier
from portal.web import exports, periods
from portal.web.depends import Db, Who
from portal.web.forms import whole_of_query
from portal.web.page import go, page
from portal.web.reading import our_today, row_id
from portal.workflows.policies import back_tests, records
from portal.workflows.policies.back_tests import Change, Found
from scorecards.periods import MONTHS, Period, month_label
from scorecards.weighting import NOT_RATED

UNDER_WAY = {BackTestStatus.WAITING, BackTestStatus.RUNNING}
STEP, MOST = 50, 2000


class Line(NamedTuple):
    """A change with the supplier whose it is."""

    supplier: Supplier
    change: Change

    @property
    def period_key(self) -> str:
        return periods.write(Period(self.change.month))

    @property
    def month(self) -> str:
        return month_label(self.change.month)


class Column(NamedTuple):
    label: str
    value: Any


COLUMNS = (
    Column("Month", lambda line: line.period_key),
    Column("Supplier", lambda line: line.supplier.name),
    Column("Number", lambda line: line.supplier.number),
    Column("Band now", lambda line: line.change.before),
    Column("Band by this version", lambda line: line.change.now),
    Column("Score now", lambda line: line.change.score_before),
    Column("Score by this version", lambda line: line.change.score_now),
    Column("Why", lambda line: line.change.reason),
)


@post("/policies/{policy:str}/back-test", permission=P.POLICIES_WRITE, status_code=200)
async def begin(request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str]) -> Response[Any]:
    row = (await records.find(db, who, row_id(policy))).row
    await back_tests.begin(db, who, row, today=our_today(request))
    return go(request, f"/policies/{row.id}/back-test")


@get("/policies/{policy:str}/back-test", permission=P.POLICIES_READ)
async def show(
    request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str], month: FromQuery[str] = ""
) -> Response[Any]:
    version = await records.find(db, who, row_id(policy))
    test = await back_tests.newest(db, who, version.row)
    found = back_tests.found(test) if test is not None else None
    chosen = _month(month, found)
    rows = whole_of_query(request.query_params.get("rows"), default=STEP, low=1, high=MOST)
    lines = await _lines(db, who, found, chosen) if found else []
    return page(
        request,
        "policies/back_test.html",
        "policies/_back_test.html",
        version=version,
        here=f"/policies/{version.row.id}/back-test",
        test=test,
        found=found,
        under_way=test is not None and test.status in UNDER_WAY,
        is_stale=test is not None and test.policy_version != version.row.version,
        may_write=may(who, P.POLICIES_WRITE),
        month=chosen,
        month_key="" if chosen is None else periods.write(Period(chosen)),
        months=[(periods.write(Period(each)), month_label(each)) for each in (found.counts if found else ())],
        matrix=found.matrix(chosen) if found else [],
        lines=lines[:rows],
        total=len(lines),
        more=min(rows + STEP, MOST),
        charts_of=_charts(found) if found and found.counts else None,
    )


@get(
    ["/policies/{policy:str}/back-test.csv", "/policies/{policy:str}/back-test.xlsx"],
    permission=P.POLICIES_READ,
)
async def take_along(
    request: Request[Any, Any, Any], db: Db, who: Who, policy: FromPath[str], month: FromQuery[str] = ""
) -> Response[Any]:
    version = await records.find(db, who, row_id(policy))
    test = await back_tests.newest(db, who, version.row)
    if test is None or test.status is not BackTestStatus.DONE:
        raise NotFoundError
    found = back_tests.found(test)
    lines = await _lines(db, who, found, _month(month, found))
    name = f"back-test-{version.row.id}-{version.row.number}"
    return await exports.answer(request, name, COLUMNS, exports.each(lines), zone=who.time_zone)


def _month(text: str, found: Found | None) -> int | None:
    """Read the month that is looked at; None for all of them."""
    if not text or found is None:
        return None
    month = next((each for each in found.counts if periods.write(Period(each)) == text), None)
    if month is None:
        raise BadInputError(f"“{text[:20]}” is none of the months that were tried. Choose one from the list.")
    return month


async def _lines(db: Db, who: Principal, found: Found, month: int | None) -> list[Line]:
    changes = [each for each in found.changes if month is None or each.month == month]
    ids = {each.supplier_id for each in changes}
    query = scopes.visible(who, Supplier).where(col(Supplier.id).in_(ids))
    suppliers = {each.id: each for each in await db.scalars(query)}
    return [Line(suppliers[each.supplier_id], each) for each in changes if each.supplier_id in suppliers]


class Charts(NamedTuple):
    """What the two figures of bands by month are drawn from, and how many changes each month had."""

    letters: list[str]
    labels: list[str]
    before: list[list[int]]
    now: list[list[int]]
    moved: list[int]


def _charts(found: Found) -> Charts:
    months = list(found.counts)
    return Charts(
        letters=[band for band in found.bands if band != NOT_RATED],
        labels=[MONTHS[month % 12][:3] for month in months],
        before=[found.of_band(month, by_this=False) for month in months],
        now=[found.of_band(month, by_this=True) for month in months],
        moved=[sum(each.month == month for each in found.changes) for month in months],
    )


HANDLERS = [begin, show, take_along]
