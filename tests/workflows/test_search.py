from portal.workflows import lists, search
from tests.factories import master, suppliers
from tests.people import principal_of


async def test_each_principal_finds_only_what_is_theirs(db, cast):
    await suppliers.contact(db, cast.acme, name="Cast Maria")
    await suppliers.contact(db, cast.bolt, name="Cast Rival")
    await suppliers.line(db, cast.bolt, cast.lulea, cast.housing, order_number="cast")
    elin = await search.search(db, principal_of(cast.elin), "cast")
    assert [hit.name for hit in elin.suppliers] == ["Acme Castings"]
    assert [hit.name for hit in elin.contacts] == ["Cast Maria", "Cast Rival"]
    assert [hit.order_number for hit in elin.lines] == ["cast"]
    tomasz = await search.search(db, principal_of(cast.tomasz), "cast")
    assert [hit.name for hit in tomasz.contacts] == ["Cast Maria"]
    assert (tomasz.parts, tomasz.lines) == ([], [])
    assert (await search.search(db, principal_of(cast.anna), "cast")).total == 0


async def test_an_order_line_is_found_however_it_is_written(db, cast):
    await suppliers.line(db, cast.acme, cast.lulea, cast.housing, order_number="PO-7", line_number="10")
    who = principal_of(cast.elin)
    for q in ("PO-7", "po-7", "PO-7-10", "PO-7/10", "PO-7 10", "PO-7.10", "po-7 / 10"):
        assert [hit.line_number for hit in (await search.search(db, who, q)).lines] == ["10"], q
    for q in ("PO", "PO-7-11", "PO-7-", "-10"):
        assert (await search.search(db, who, q)).lines == [], q


async def test_a_group_says_when_there_is_more(db, cast):
    who = principal_of(cast.elin)
    for n in range(search.MOST_SHOWN):
        await master.part(db, number=f"Z-{n}")
    assert (await search.search(db, who, "z-")).more == frozenset()
    await master.part(db, number="Z-9")
    found = await search.search(db, who, "z-")
    assert found.more == {"parts"}
    assert len(found.parts) == search.MOST_SHOWN


async def test_no_words_find_nothing(db, cast):
    assert await search.search(db, principal_of(cast.elin), "") == search.NOTHING


def test_the_words_of_a_search_are_limited():
    clause = lists.contains(" ".join("abcdefghijkl"), search.col(search.Part.number))
    assert len(clause.clauses) == lists.MOST_WORDS
