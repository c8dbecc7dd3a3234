"""Find anything: the groups, who sees what, and hostile words."""

from tests.factories import master, suppliers


async def test_suppliers_people_and_signed_out_browsers_get_nothing(site, cast):
    for person in (cast.tomasz, cast.rita, cast.anna):
        assert (await (await site(person)).get("/search?q=acme")).status_code == 404, person.name
    assert (await (await site(None)).get("/search?q=acme")).status_code == 303


async def test_each_kind_is_found_and_leads_to_its_place(elin, db, cast):
    await suppliers.contact(db, cast.acme, name="Marta Nowak", email="marta@acme.test")
    await suppliers.line(db, cast.acme, cast.lulea, cast.housing, order_number="4500118732", line_number="20")
    for q, href in (
        ("castings", 'href="/suppliers/104417"'),
        ("10441", 'href="/suppliers/104417"'),
        ("nowak mar", 'href="/suppliers/104417#contacts"'),
        ("@acme.test", 'href="/suppliers/104417#contacts"'),
        ("gh-220", 'href="/master-data/parts?q=GH-220-04"'),
        ("gear", 'href="/master-data/parts?q=GH-220-04"'),
        ("4500118732", 'href="/suppliers/104417#deliveries"'),
        ("4500118732-20", 'href="/suppliers/104417#deliveries"'),
        ("4500118732 / 20", 'href="/suppliers/104417#deliveries"'),
    ):
        page = await elin.get("/search", params={"q": q})
        assert page.status_code == 200, q
        assert href in page.text, q


async def test_nothing_typed_nothing_found(elin):
    assert "Type a name, a number" in (await elin.get("/search")).text
    page = (await elin.get("/search?q=%3Cq%3E")).text
    assert "Nothing matches “&lt;q&gt;”." in page
    for q in ("%", "_", "\\", "' OR 1=1 --", "4500118732-"):
        assert "Nothing matches" in (await elin.get("/search", params={"q": q})).text, q


async def test_the_number_itself_comes_first_then_what_begins_so(elin, db):
    for name, number in (("Big Tatra", "1"), ("Tatra Forge", "2"), ("Some Works", "tatra")):
        await master.supplier(db, name=name, number=number)
    page = (await elin.get("/search?q=tatra")).text
    assert page.index("Some Works") < page.index("Tatra Forge") < page.index("Big Tatra")


async def test_a_group_is_short_and_says_where_the_rest_is(elin, db):
    for n in range(9):
        await master.supplier(db, name=f"Tatra {n}")
    page = (await elin.get("/search?q=tatra")).text
    assert page.count("data-open") == 8
    assert 'href="/suppliers?q=tatra"' in page


async def test_lines_of_other_plants_stay_hidden(site, db, cast):
    await suppliers.line(db, cast.acme, cast.lulea, cast.housing, order_number="4711")
    gustav = await site(cast.gustav)
    assert "Nothing matches" in (await gustav.get("/search?q=4711")).text
    assert "4711-10" in (await (await site(cast.elin)).get("/search?q=4711")).text


async def test_htmx_gets_the_results_alone(elin):
    part = await elin.get("/search?q=acme", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<div id="found">')
    assert part.headers["HX-Push-Url"] == "/search?q=acme"


async def test_hostile_words(elin, db, cast):
    cast.acme.name = '"><script>alert(1)</script>'
    await db.flush()
    assert "<script>alert" not in (await elin.get("/search?q=script")).text
    for q in ("%00", "x" * 201):
        assert (await elin.get(f"/search?q={q}")).status_code == 422, q
    for q in (
        "%ED%A0%80",
        "%FF",
        "- / .",
        "-",
        "a-",
        "-a",
        "%F0%9F%92%A9",
        " ".join("abcdefghij"),
        "x" * 200,
    ):
        assert (await elin.get(f"/search?q={q}")).status_code in {200, 422}, q
