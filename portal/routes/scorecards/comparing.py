"""Two to five suppliers side by side, as a page whose address can be passed on, and as a file."""

from collections.abc import Callable
from typing import Any, NamedTuple

from litestar import Request, Response, get
from litestar.params import FromQuery

from portal.access.permissions import P
from portal.access.principal import Principal
from portal.errors import BadInputError
from portal.web import exports, periods
from portal.web.depends import Db, Who
from portal.web.filters import link
from portal.web.page import page
from portal.web.reading import our_today
from portal.workflows.scorecards import comparing
from portal.workflows.scorecards.comparing import FEWEST, MOST, Cell, Comparison, Line

HERE = "/comparison"


class Heading(NamedTuple):
    """A column of the file."""

    label: str
    value: Callable[[Line], exports.Cell]


@get(HERE, permission=P.RANKING_READ)
async def show(
    request: Request[Any, Any, Any], db: Db, who: Who, period: FromQuery[str] = ""
) -> Response[Any]:
    numbers = _numbers(request)
    chosen = periods.read(period, our_today(request))
    key = periods.write(chosen)
    again = link(f"/scorecards/{key}", {"tick": tuple(numbers[:MOST])})
    if not FEWEST <= len(numbers) <= MOST:
        return page(
            request, "scorecards/compare_few.html", status=422, count=len(numbers), most=MOST, again=again
        )
    found = await _compared(request, db, who, numbers, period)
    return page(
        request,
        "scorecards/compare.html",
        found=found,
        period_key=key,
        periods=periods.offered(our_today(request), chosen),
        numbers=numbers,
        again=again,
        without=[_address(key, [one for one in numbers if one != each]) for each in numbers],
        can_leave_out=len(numbers) > FEWEST,
        files={ending: _address(key, numbers, ending) for ending in (".csv", ".xlsx")},
    )


@get([f"{HERE}.csv", f"{HERE}.xlsx"], permission=P.RANKING_READ)
async def file(
    request: Request[Any, Any, Any], db: Db, who: Who, period: FromQuery[str] = ""
) -> Response[Any]:
    numbers = _numbers(request)
    if not FEWEST <= len(numbers) <= MOST:
        raise BadInputError(f"Compare from {FEWEST} to {MOST} suppliers, not {len(numbers)}.")
    found = await _compared(request, db, who, numbers, period)
    columns = [Heading("Figure", lambda line: line.label)]
    for at, each in enumerate(found.found):
        columns += [
            Heading(f"{each.supplier.name} ({each.supplier.number})", _cell(at)),
            Heading(f"{each.supplier.number}, in words", _words(at)),
        ]
    name = f"comparison-{periods.write(found.period)}"
    return await exports.answer(request, name, columns, exports.each(found.lines), zone=who.time_zone)


async def _compared(
    request: Request[Any, Any, Any], db: Db, who: Principal, numbers: list[str], period: str
) -> Comparison:
    today = our_today(request)
    chosen = periods.read(period, today)
    return await comparing.compare(db, who, numbers, chosen, periods.write(chosen), today)


def _numbers(request: Request[Any, Any, Any]) -> list[str]:
    given = request.query_params.getall("supplier", [])
    return list(dict.fromkeys(each for each in given if each and len(each) <= 40))


def _address(key: str, numbers: list[str], ending: str = "") -> str:
    return link(f"{HERE}{ending}", {"period": key, "supplier": tuple(numbers)})


def _cell(at: int) -> Callable[[Line], exports.Cell]:
    return lambda line: line.cells[at].value


def _words(at: int) -> Callable[[Line], exports.Cell]:
    def words(line: Line) -> str:
        cell: Cell = line.cells[at]
        return ". ".join(each for each in (cell.shown, cell.below) if each)

    return words


HANDLERS = [show, file]
