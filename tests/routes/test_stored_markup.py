"""`stored_xss`: hostile markup goes in by every form of every page, and comes back as text everywhere.

The forms are those of the pages, and the pages those of the routes: what is new is tried without being named.
"""

import re

from sqlalchemy import select, text

from portal.models.outbox import OutgoingMail
from tests import forms
from tests.access.test_matrix import story  # noqa: F401 # the fixture
from tests.conftest import portal_with

# Breaks out of an attribute, runs a script, and asks htmx to load: for long fields, and for short ones.
HOSTILE = """'"><img src=x onerror=alert(1)><div hx-get=/x hx-trigger=load>" hx-get="/x"""
SHORT = """"><b hx-get=/x>"""
RAW = re.compile(r"<img src=x|<div hx-get=/x|<b hx-get=/x|\" hx-get=\"/x|\"><img|\"><b (?!class=)")
# What would end the walk: whoever walks, or what it walks on.
ENDS = re.compile(
    r"/(sign-out|sign-in|deactivation|deletion|removal|cancellation|withdrawal|end|return)$|/password"
)
# Where no such words are taken: what the field takes instead.
INSTEAD = {"country": "SE", "number": "7", "code": "Q7", "postcode": "12345"}
LEAST_FORMS, LEAST_COLUMNS = 25, 25


async def save(browser, form):
    """Send it with markup in everything that can be typed freely, and without where a field takes none."""
    sent = form.values
    for each in form.free:
        sent[each.name] = HOSTILE if each.most >= len(HOSTILE) else SHORT[: each.most]
    answer = await browser.post(form.action, data=sent)
    if answer.status_code != 422:
        return answer
    refused = set(re.findall(r'id="f-(\w+)-error"', answer.text)) & set(sent)
    sent |= {name: form.values[name] or INSTEAD.get(name, "1") for name in refused}
    return await browser.post(form.action, data=sent)


async def stored(db):
    """Where markup lies now, by table and column."""
    catalogue = """
        SELECT table_name, string_agg(
            format('bool_or(CAST(%1$I AS text) ~ %2$L) AS %1$I', column_name, CAST(:pattern AS text)), ', ')
        FROM information_schema.columns
        WHERE table_schema = 'public' AND data_type IN ('text', 'character varying', 'jsonb')
            AND table_name !~ '^trail|^outgoing_mail|^alembic' AND column_name !~ '_hash|secret|^key$'
        GROUP BY table_name
    """
    found = set()
    tables = await db.execute(text(catalogue), {"pattern": "<(img src|div hx|b hx)"})
    for table, asked in tables.all():
        row = (await db.execute(text(f'SELECT {asked} FROM "{table}"'))).mappings().one()
        found |= {f"{table}.{column}" for column, is_there in row.items() if is_there}
    return found


async def fill_in(browser, addresses, done, wrong):
    """Send each form of these pages once."""
    for address in addresses:
        for form in forms.on(await forms.open_page(browser, address)):
            key = form.action.partition("?")[0]
            if key in done or ENDS.search(key) or not form.free:
                continue
            answer = await save(browser, form)
            if answer.status_code in {200, 303}:
                done.add(key)
            elif answer.status_code >= 500 or RAW.search(answer.text):
                wrong.append(f"{key} answers {answer.status_code}, or shows what was typed as markup")


async def test_stored_xss_what_is_typed_into_any_form_comes_back_as_text(site, story, db, settings, database):  # noqa: F811
    everybody, mine, _ = story
    app = portal_with(settings, database).litestar
    # Between them they may do everything, on both sides.
    walkers = [(each, await site(each)) for each in everybody if each and each.name in {"Rolf Root", "Agata"}]
    done, wrong = set(), []
    for person, browser in walkers:
        await fill_in(browser, forms.pages(app, person, mine), done, wrong)
    where = await stored(db)
    for person, browser in walkers:
        for address in forms.pages(app, person, mine):
            page = await forms.open_page(browser, address)
            if found := RAW.search(page):
                near = page[max(0, found.start() - 80) : found.end() + 20]
                wrong.append(f"{address} as {person.role}: {near}")
    mails = (await db.execute(select(OutgoingMail.kind, OutgoingMail.body_html))).all()
    wrong += [f"the mail {kind}" for kind, html in mails if RAW.search(html)]
    assert wrong == [], "\n".join(wrong)
    assert len(done) >= LEAST_FORMS, sorted(done)
    assert len(where) >= LEAST_COLUMNS, sorted(where)
