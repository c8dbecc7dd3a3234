"""The address of a list: what is read from it, and what its links say."""

from typing import Any

import pytest
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.testing import create_test_client
from litestar.types import Scope

from portal.errors import BadInputError
from portal.web.listing import MOST_ROWS, Column, Filter, Listing
from portal.web.templates import environment
from portal.workflows import lists

PARTS = Listing(
    path="/parts",
    one="part",
    many="parts",
    sorts=("name", "weight"),
    sort="name",
    find="Find a part",
    filters=(
        Filter("status", "Status", (("new", "New"), ("old", "Old"))),
        Filter("country", "Country"),
    ),
    columns=(
        Column("name", "Name", lambda row: row[0]),
        Column("weight", "Weight", lambda row: row[1], numeric=True, first="-"),
        Column("note", "Note", lambda row: row[2]),
        Column("id", "Id", lambda row: row[3], in_file_only=True),
    ),
)
COUNTRIES = {"country": [("SE", "Sweden"), ("PL", "Poland")]}


def view(query: str, listing: Listing = PARTS):
    scope: Scope = {
        "type": "http",
        "method": "GET",
        "path": listing.path,
        "query_string": query.encode(),
        "headers": [],
        "state": State(),
    }  # type: ignore[typeddict-item,misc]
    return listing.view(Request(scope), COUNTRIES)


def test_an_address_without_parameters_is_the_list_in_its_own_order():
    plain = view("")
    assert plain.wanted == lists.Wanted("", {}, "name", falling=False, rows=50)
    assert plain.address == "/parts"
    assert not plain.is_narrowed
    assert plain.chips == []


def test_everything_that_narrows_is_in_the_address_and_comes_back():
    narrow = view("q=Gear%20box&status=new&status=old&country=SE&sort=-weight&rows=100")
    assert narrow.wanted == lists.Wanted(
        "Gear box", {"status": ("new", "old"), "country": ("SE",)}, "weight", falling=True, rows=100
    )
    again = view(narrow.address.partition("?")[2])
    assert again.wanted == narrow.wanted
    assert narrow.file("csv") == "/parts.csv?q=Gear%20box&status=new&status=old&country=SE&sort=-weight"


def test_a_chip_says_what_filters_in_words_and_its_link_leaves_only_that_out():
    search, status, country = view("q=box&status=new&status=old&country=SE").chips
    assert (search.label, search.value, search.remove) == (
        "Search",
        "box",
        "/parts?status=new&status=old&country=SE",
    )
    assert (status.value, status.remove) == ("New, Old", "/parts?q=box&country=SE")
    assert (country.label, country.value, country.remove) == (
        "Country",
        "Sweden",
        "/parts?q=box&status=new&status=old",
    )


def test_clearing_keeps_the_order():
    assert view("q=box&status=new&sort=-weight&rows=200").clear == "/parts?sort=-weight"


@pytest.mark.parametrize(
    "query",
    [
        "sort=price",
        "sort=name;drop%20table",
        "sort=--name",
        "rows=0",
        "rows=-50",
        "rows=1001",
        "rows=99999999999999999999",
        "rows=1e3",
        "rows=%D9%A1%D9%A0",
        "status=gone",
        "status=new&status='%20OR%201=1",
        "q=%00",
        "country=%00",
        "q=" + "x" * 201,
        "&".join(f"country=C{n}" for n in range(41)),
    ],
)
def test_hostile_values_are_refused_with_a_sentence(query):
    with pytest.raises(BadInputError) as refused:
        view(query)
    assert refused.value.sentence.endswith(".")


def test_a_filter_whose_options_change_reads_what_was_offered_yesterday():
    gone = view("country=XX")
    assert gone.wanted.chosen("country") == ("XX",)
    assert gone.chips[0].value == "XX"


def test_unknown_parameters_are_not_carried_on():
    assert view("utm=1&status=new&csrf_token=abc").address == "/parts?status=new"


def test_fifty_more_until_all_are_shown_or_the_page_is_full():
    assert view("").more(84) == "/parts?rows=100"
    assert view("rows=100&q=a").more(101) == "/parts?q=a&rows=150"
    assert view("rows=100").more(84) == ""
    assert view("rows=980").more(5000) == f"/parts?rows={MOST_ROWS}"
    assert view(f"rows={MOST_ROWS}").more(5000) == ""


def test_what_is_read_first_counts_and_spaces_around_it_do_not():
    assert view("q=%20%20bolt%20&q=nut").wanted.q == "bolt"


def test_choices_mark_what_is_chosen_and_long_ones_become_a_list():
    status, country = view("status=old").choices
    assert status.options == (("new", "New", False), ("old", "Old", True))
    assert status.is_set
    assert not country.is_set
    assert country.is_short
    many = PARTS.view(
        Request({"type": "http", "method": "GET", "path": "/parts", "query_string": b"", "headers": []}),
        {"country": [(f"{n}", f"Country {n}") for n in range(8)]},
    )
    assert not many.choices[1].is_short


def test_a_list_inside_another_address_keeps_it():
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/runs/7/problems",
        "query_string": b"q=a",
        "headers": [],
    }
    inner = PARTS.view(Request(scope), path="/runs/7/problems")
    assert inner.address == "/runs/7/problems?q=a"
    assert inner.clear == "/runs/7/problems"


def test_the_saved_filter_one_is_in():
    assert view("status=new&q=a").says(status="new")
    assert not view("status=new&country=SE").says(status="new")
    assert view("status=new&q=a").only(status="old", q=None) == "/parts?status=old"


def test_the_wildcards_of_sql_are_letters():
    assert lists.pattern("50%_a\\b") == "%50\\%\\_a\\\\b%"


MACROS = """{% from "macros/listing.html" import tools, head, headings, foot, nothing_found %}
{{ tools(view) }}|{{ head(view, total) }}|{{ headings(view) }}|{{ foot(view, total) }}|
{{ nothing_found(view) }}"""


def drawn(query: str, total: int) -> list[str]:
    return environment().from_string(MACROS).render(view=view(query), total=total).split("|")


def test_the_tools_work_without_script_and_keep_the_order():
    tools, head, headings, foot, _ = drawn("q=%22%3E%3Cb%3E&status=new&sort=-weight", 84)
    assert 'method="get" action="/parts"' in tools
    assert '<input type="hidden" name="sort" value="-weight">' in tools
    assert 'value="&#34;&gt;&lt;b&gt;"' in tools
    assert "<b>" not in tools
    assert 'name="status" value="new" checked' in tools
    assert "84 parts" in head
    assert "found" in head
    assert 'aria-sort="descending"' in headings
    assert ">Note</th>" in headings
    assert "Id" not in headings
    assert "Show 34 more" in foot


def test_the_foot_of_a_full_page_says_how_to_see_the_rest():
    assert "The first 1,000 of 5,000 parts" in drawn(f"rows={MOST_ROWS}", 5000)[3]
    assert "All 84 parts" in drawn("rows=100", 84)[3]


def test_nothing_found_repeats_the_search_and_offers_the_way_back():
    assert "No part matches “&lt;i&gt;”." in drawn("q=%3Ci%3E", 0)[4]
    assert "Clear the search" in drawn("q=x", 0)[4]
    assert "Show all parts" in drawn("status=new", 0)[4]


@get("/parts")
async def _parts(request: Request[Any, Any, Any]) -> str:
    return PARTS.view(request, COUNTRIES).wanted.q


def _plainly(_request, error):
    return Response(error.sentence, status_code=error.status)


@pytest.mark.parametrize(
    "query", ["q=%ED%A0%80", "q=%FF%FE", "q=%00", "q=%", "q=%zz", "rows=%00", "sort=%ED%A0%80"]
)
def test_bytes_that_are_no_text_are_no_server_error(query):
    with create_test_client([_parts], exception_handlers={BadInputError: _plainly}) as client:
        assert client.get(f"/parts?{query}").status_code in {200, 422}
