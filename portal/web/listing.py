"""Lists whose state is the address: search, filters, order, how many rows; the same list as a file.

A page declares its list once; the table, the chips, the pager and both files follow from it.

    LISTING = Listing(
        path="/suppliers", one="supplier", many="suppliers", sorts=suppliers.SORTS, sort="name",
        find="Find a supplier",
        filters=(Filter("status", "Status", options=STATUS_WORDS), Filter("country", "Country")),
        columns=(Column("number", "Number", lambda row: row.number), …),
    )

    view = LISTING.view(request, {"country": [("SE", "Sweden")]})
    found = await suppliers.listed(db, who, view.wanted)
    return page(request, "suppliers/index.html", "suppliers/_table.html", headers=view.headers,
                view=view, found=found)

The templates' half is ``macros/listing.html``; the SQL half is ``portal.workflows.lists``.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar import Request

from portal.errors import BadInputError
from portal.languages import _
from portal.web.exports import Cell
from portal.web.filters import link
from portal.web.forms import clean, whole_of_query
from portal.workflows.lists import Wanted

STEP = 50
MOST_ROWS = 1000  # on one page; who needs more takes the file
MOST_LETTERS = 200
MOST_VALUES = 40
MOST_TICKS = 7  # options that are shown as boxes to tick; more become a list to choose from

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; ``value`` gives a row's cell for the files. Sortable when the list says so."""

    key: str
    label: str
    value: Callable[[Any], Cell]
    numeric: bool = False
    first: str = ""  # "-": the first click asks for the biggest
    in_file_only: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """A parameter that narrows. Without ``options`` they come with the request and any text is read,
    because what could be chosen yesterday may be gone today.
    """

    key: str
    label: str
    options: Pairs | None = None


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    value: str
    remove: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One filter as the form shows it: options are (value, words, chosen)."""

    key: str
    label: str
    options: tuple[tuple[str, str, bool], ...]

    @property
    def is_short(self) -> bool:
        return len(self.options) <= MOST_TICKS

    @property
    def is_set(self) -> bool:
        return any(chosen for _, _, chosen in self.options)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a list can do, whoever looks at it."""

    path: str
    one: str  # the noun: "supplier"
    many: str
    columns: tuple[Column, ...]
    sorts: Collection[str]  # the keys that the workflow can order by
    sort: str  # the order without a wish; "-key" falls
    find: str = ""  # label of the search box; none without
    hint: str = ""  # what can be typed into it
    filters: tuple[Filter, ...] = ()
    id: str = "list"  # of the region that htmx swaps

    def view(
        self,
        request: Request[Any, Any, Any],
        options: Mapping[str, Pairs] | None = None,
        *,
        path: str = "",
    ) -> "View":
        """Read the address.

        Args:
            request: parameters that the list doesn't know are left out of what it links to.
            options: for filters without options of their own, as (value, words).
            path: where the address has parts of its own, such as a supplier's number.

        Raises:
            BadInputError: a parameter makes no sense.
        """
        given = request.query_params
        q = _clean(given.get("q", "")) if self.find else ""
        filters: dict[str, tuple[str, ...]] = {}
        for each in self.filters:
            if values := _values(each, given.getall(each.key, [])):
                filters[each.key] = values
        sort = _clean(given.get("sort", "")) or self.sort
        if sort.removeprefix("-") not in self.sorts:
            known = ", ".join(self.sorts)
            raise BadInputError(f"The address asks to sort by “{sort[:40]}”. It can be one of: {known}.")
        rows = whole_of_query(given.get("rows"), default=STEP, low=1, high=MOST_ROWS)
        wanted = Wanted(q, filters, sort.removeprefix("-"), sort.startswith("-"), rows)
        return View(self, wanted, path or self.path, options or {})


@dataclass(frozen=True, slots=True)
class View:
    """A list as one address asks for it; what templates build their links from."""

    listing: Listing
    wanted: Wanted
    path: str
    offered: Mapping[str, Pairs] = field(default_factory=dict)

    @property
    def sort(self) -> str:
        return ("-" if self.wanted.falling else "") + self.wanted.sort

    @property
    def params(self) -> dict[str, str | tuple[str, ...]]:
        """What the address says, without what would be so anyway."""
        found: dict[str, str | tuple[str, ...]] = {}
        if self.wanted.q:
            found["q"] = self.wanted.q
        found.update(self.wanted.filters)
        if self.sort != self.listing.sort:
            found["sort"] = self.sort
        return found

    @property
    def address(self) -> str:
        return link(self.path, self.params, rows=self._rows)

    @property
    def headers(self) -> dict[str, str]:
        """For the answer: while typing, the browser's address is the clean one."""
        return {"HX-Push-Url": self.address}

    @property
    def _rows(self) -> int | None:
        return None if self.wanted.rows in {None, STEP} else self.wanted.rows

    @property
    def is_narrowed(self) -> bool:
        return bool(self.wanted.q or self.wanted.filters)

    @property
    def clear(self) -> str:
        """The list without search and filters, in the same order."""
        return link(self.path, {"sort": self.params.get("sort", "")})

    @property
    def chips(self) -> list[Chip]:
        chips = (
            [Chip(_("Search"), self.wanted.q, link(self.path, self.params, q=None))] if self.wanted.q else []
        )
        for each in self.listing.filters:
            if values := self.wanted.chosen(each.key):
                words = dict(self._options(each))
                value = ", ".join(words.get(value, value) for value in values)
                chips.append(Chip(_(each.label), value, link(self.path, self.params, **{each.key: None})))
        return chips

    @property
    def choices(self) -> list[Choice]:
        return [
            Choice(
                each.key,
                each.label,
                tuple((v, words, v in self.wanted.chosen(each.key)) for v, words in self._options(each)),
            )
            for each in self.listing.filters
            if self._options(each)
        ]

    def _options(self, one: Filter) -> Pairs:
        if one.options is None:
            return self.offered.get(one.key, ())
        return [(value, _(words)) for value, words in one.options]

    def heading(self, key: str) -> Column:
        return next(each for each in self.listing.columns if each.key == key)

    @property
    def columns(self) -> list[Column]:
        return [each for each in self.listing.columns if not each.in_file_only]

    def more(self, total: int) -> str:
        """The same list with 50 more rows; '' when it shows all, or as many as one page may."""
        shown = self.wanted.rows or total
        if shown >= total or shown >= MOST_ROWS:
            return ""
        return link(self.path, self.params, rows=min(shown + STEP, MOST_ROWS))

    def file(self, ending: str) -> str:
        return link(f"{self.path}.{ending}", self.params)

    def only(self, **changes: str | None) -> str:
        """The address with these parameters changed and the search kept."""
        return link(self.path, self.params, **changes)

    def says(self, **values: str) -> bool:
        """Tell whether the filters are exactly these, for marking the saved filter one is in."""
        return self.wanted.filters == {key: (value,) for key, value in values.items()}


def _clean(text: str) -> str:
    try:
        found = clean(text)
    except ValueError:
        raise BadInputError("The address holds characters that cannot be looked for.") from None
    if len(found) > MOST_LETTERS:
        raise BadInputError(f"Look for at most {MOST_LETTERS} characters.")
    return found


def _values(one: Filter, given: Sequence[str]) -> tuple[str, ...]:
    values = tuple(dict.fromkeys(value for each in given if (value := _clean(each))))
    if len(values) > MOST_VALUES:
        raise BadInputError(f"Choose at most {MOST_VALUES} values for {one.label.lower()}.")
    if one.options is not None:
        known = {value for value, _ in one.options}
        for value in values:
            if value not in known:
                raise BadInputError(
                    f"The address asks for {one.label.lower()} “{value[:40]}”."
                    f" It can be one of: {', '.join(sorted(known))}."
                )
    return values
