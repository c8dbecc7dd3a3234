"""Published scorecards by mail: planned once, written in the morning, with the same figures as everywhere."""

import csv
import html
import io
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pypdfium2
import pytest
from sqlmodel import select

from portal import clock
from portal.mail.delivery import Delivery
from portal.mail.gate import Gate
from portal.models.mailing import MailChoice, Topic, Wish
from portal.models.months import MailPlan, PlanStatus, Scorecard, ScorecardMail
from portal.models.outbox import MailAttachment, MailStatus, OutgoingMail
from portal.models.suppliers import ProcessRole
from portal.models.targets import Aim
from portal.storage import make_store
from portal.workflows import ratings
from portal.workflows.months import following, mailing, writing
from portal.workflows.targets.words import figure
from scorecards.weighting import Card
from tests.factories import deliveries, suppliers
from tests.factories.months import OCTOBER, PUBLISH
from tests.mail.servers import Postbox, listening
from tests.people import TESTER
from tests.routes.conftest import publish

PROMISED = date(2026, 10, 8)
MORNING = datetime(2026, 11, 13, 5, tzinfo=UTC)  # 6:00 in Stockholm

WORDS = re.compile(r"[^\W\d_]+")
# Those that stand in most English sentences and in no German one.
ENGLISH_WORDS = frozenset(
    {
        "the",
        "of",
        "and",
        "is",
        "not",
        "lines",
        "line",
        "points",
        "score",
        "day",
        "days",
        "with",
        "from",
        "for",
    }
    | {"on", "time", "before", "this", "by", "no", "are", "weight", "defects", "delivery", "answers", "none"}
    | {"left", "out", "month", "months", "which", "that", "your", "you", "each", "every", "supplier", "limit"}
    | {"measure", "measures", "between", "lies", "counted", "pieces", "received", "band", "how", "why"}
)


def seen(text):
    """What is read of a page, without its tags, scripts and what it names for machines."""
    text = re.sub(r"<(script|style|code|svg)\b.*?</\1>|<!--.*?-->", " ", text, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", " ", text))


async def planned(db, **given):
    found = (await db.execute(select(ScorecardMail).order_by(ScorecardMail.address))).scalars().all()
    return [each for each in found if all(getattr(each, name) == value for name, value in given.items())]


async def write(db, settings, *rows):
    store = make_store(settings)
    return [await writing.write(db, store, settings, TESTER, row.id) for row in rows]


async def mail_of(db, row):
    await db.refresh(row)
    return await db.get(OutgoingMail, row.mail_id, populate_existing=True)


async def test_everybody_who_should_gets_one_at_six_in_their_morning(db, october):
    cards = await planned(db, kind=MailPlan.CARD)
    assert [each.address for each in cards] == ["maria@acme.test", october.tomasz.email]
    assert cards[1].person_id == october.tomasz.id
    assert {each.due_at for each in cards} == {MORNING}
    digests = {each.person_id for each in await planned(db, kind=MailPlan.DIGEST)}
    assert digests == {october.olle.id, october.karin.id, october.vera.id}
    with clock.fixed(PUBLISH + timedelta(hours=1)):
        assert await mailing.enqueue_due(db) == 0
    with clock.fixed(MORNING):
        assert await mailing.enqueue_due(db) == 2 + sum(
            each.due_at <= MORNING for each in await planned(db, kind=MailPlan.DIGEST)
        )
        assert await mailing.plan_cards(db, OCTOBER, MailPlan.CARD, [october.acme.id]) == 0, "planned once"


async def test_page_pdf_mail_rows_and_file_show_the_same_figures(site, db, settings, october):
    [maria, _tomasz] = await planned(db, kind=MailPlan.CARD)
    with clock.fixed(MORNING):
        assert await write(db, settings, maria, maria) == [True, False], "never twice"
        browser = await site(october.tomasz)
        page = (await browser.get("/scorecard?period=2026-10&explain=delivery")).text
        file = (await browser.get("/scorecard/card.json?period=2026-10")).text
        rows = (await browser.get("/scorecard/rows.csv?period=2026-10&measure=delivery")).text
        content = (await browser.get("/scorecard/card.pdf?period=2026-10")).content
    mail = await mail_of(db, maria)
    document = pypdfium2.PdfDocument(content)
    pdf = " ".join(document[at].get_textpage().get_text_range() for at in range(len(document)))
    pdf = " ".join(pdf.split())
    text = " ".join(mail.body_text.split())
    for each in ("90.9 %", "65.0"):
        assert each in page
        assert each in pdf
        assert each in text
    assert mail.subject == "Scorecard October 2026: band D, 65.0"
    assert "1 line of 11 was not. Worth up to" in text
    assert "LATE-1-10" in pdf
    assert "4 days late" in pdf
    results = [row["Result"] for row in csv.DictReader(io.StringIO(rows.removeprefix("\ufeff")))]
    assert (results.count("on_time"), len(results)) == (10, 11)
    assert '"shown":"65"' in file


async def excused(db, cast):
    for _ in range(10):
        await deliveries.line(db, cast, (deliveries.PROMISED, 100))
    given = {
        "excuse_code": "dock_closed",
        "excuse_note": "Our dock was closed.",
        "excused_by_name": "Karin Holm",
    }
    await deliveries.line(db, cast, (date(2026, 10, 12), 100), excused_at=PUBLISH, **given)
    await deliveries.line(db, cast, (date(2026, 10, 13), 100))


async def few(db, cast):
    await deliveries.line(db, cast, (deliveries.PROMISED, 100))
    await deliveries.line(db, cast, (date(2026, 10, 12), 100))


async def capped(db, cast):
    for _ in range(10):
        await deliveries.line(db, cast, (deliveries.PROMISED, 100))
    await deliveries.nonconformance(db, cast, is_safety=True, quantity=1, defects=1)


@pytest.mark.parametrize("story", [excused, few, capped])
async def test_so_do_cards_with_excuses_with_few_lines_and_with_a_cap(site, db, settings, cast, story):
    await ratings.install_default_policy(db)
    await story(db, cast)
    await publish(db, cast)
    [maria, _tomasz] = await planned(db, kind=MailPlan.CARD)
    with clock.fixed(MORNING):
        await write(db, settings, maria)
        browser = await site(cast.tomasz)
        page = seen((await browser.get("/scorecard?period=2026-10")).text)
        file = (await browser.get("/scorecard/card.json?period=2026-10")).json()
        content = (await browser.get("/scorecard/card.pdf?period=2026-10")).content
    frozen = (await db.execute(select(Scorecard))).scalar_one()
    mail = await mail_of(db, maria)
    document = pypdfium2.PdfDocument(content)
    pdf = " ".join(document[at].get_textpage().get_text_range() for at in range(len(document)))
    said = {"page": page, "pdf": pdf, "mail": mail.body_text, "html": seen(mail.body_html)}
    card = Card.from_dict(frozen.result)
    values = {Aim(each.key): each.value for each in card.measures if each.weight and each.value is not None}
    figures = [f"{frozen.shown:.1f}", *(figure(aim, value) for aim, value in values.items())]
    assert Aim.DELIVERY in values
    for where, text in said.items():
        words = " ".join(text.split())
        assert [each for each in figures if each not in words] == [], where
    assert mail.subject == f"Scorecard October 2026: band {frozen.band}, {frozen.shown:.1f}"
    assert (Decimal(file["result"]["shown"]), file["result"]["band"]) == (frozen.shown, frozen.band)
    assert (frozen.band != card.uncapped_band) == (story is capped)


async def test_the_mail_brings_the_pdf_and_the_chart_to_a_real_server(db, database, settings, october):
    [maria, tomasz] = await planned(db, kind=MailPlan.CARD)
    october.tomasz.language = "de"
    await db.flush()
    with clock.fixed(MORNING):
        await write(db, settings, maria, tomasz)
    files = (
        await db.execute(select(MailAttachment).where(MailAttachment.mail_id == maria.mail_id))
    ).scalars()
    assert [(each.media_type, each.content_id) for each in files] == [
        ("application/pdf", ""),
        ("image/png", "chart"),
    ]
    box = Postbox()
    async with listening(box) as server:
        sending = replace(settings, smtp=server, mail_from="suppliers@norrland.example")
        delivery = Delivery(db, database, sending, Gate(), make_store(settings))
        for row in (maria, tomasz):
            await delivery.send((await mail_of(db, row)).message_id)
    english, german = box.taken
    parts = [part.get_content_type() for part in english.walk() if not part.is_multipart()]
    assert parts == ["text/plain", "text/html", "image/png", "application/pdf"]
    pdf = next(part for part in english.walk() if part.get_content_type() == "application/pdf")
    assert pdf.get_content().startswith(b"%PDF-")
    assert pdf.get_filename() == "scorecard-104417-2026-10.pdf"
    picture = next(part for part in english.walk() if part.get_content_type() == "image/png")
    assert picture["Content-ID"] == "<chart>"
    assert "cid:chart" in english.get_body(("html",)).get_content()
    assert german["Subject"] == "Bewertung Oktober 2026: Stufe D, 65,0"
    assert (await mail_of(db, maria)).status is MailStatus.SENT


async def test_a_german_reads_card_mail_and_pdf_in_german_only(site, db, settings, october):
    [_maria, tomasz] = await planned(db, kind=MailPlan.CARD)
    october.tomasz.language = "de"
    await db.flush()
    with clock.fixed(MORNING):
        assert await write(db, settings, tomasz) == [True]
        browser = await site(october.tomasz)
        mail = await mail_of(db, tomasz)
        # Links hold tokens, in which anything may stand.
        said = {"mail": re.sub(r"https?://\S+", "", mail.body_text), "subject": mail.subject}
        for measure in ("quality", "delivery", "responsiveness", "otif"):
            said[measure] = (await browser.get(f"/scorecard?period=2026-10&explain={measure}")).text
        said["what if"] = (await browser.get("/scorecard/what-if?period=2026-10")).text
        content = (await browser.get("/scorecard/card.pdf?period=2026-10")).content
    document = pypdfium2.PdfDocument(content)
    said["pdf"] = " ".join(document[at].get_textpage().get_text_range() for at in range(len(document)))
    found = {
        where: {word.lower() for word in WORDS.findall(seen(text))} & ENGLISH_WORDS
        for where, text in said.items()
    }
    assert not any(found.values()), found
    assert not [where for where, text in said.items() if re.search(r"\d\.\d(?!\d)", seen(text))]
    assert "90,9 %" in said["mail"]
    assert "Pünktlich liefern: 1 Position von 11" in " ".join(said["mail"].split())


@pytest.mark.parametrize(
    ("wish", "is_written"),
    [(Wish.MONTHLY, True), (Wish.QUARTERLY, False), (Wish.NEVER, False), (Wish.ON_CHANGE, True)],
)
async def test_each_recipient_chooses_how_often(db, settings, october, wish, is_written):
    [_maria, tomasz] = await planned(db, kind=MailPlan.CARD)
    db.add(MailChoice(person_id=october.tomasz.id, topic=Topic.SCORECARDS, wish=wish))
    await db.flush()
    with clock.fixed(MORNING):
        assert await write(db, settings, tomasz) == [is_written]
    assert tomasz.status is (PlanStatus.WRITTEN if is_written else PlanStatus.SKIPPED)


async def test_stopped_for_one_supplier_and_sent_again_by_hand(site, db, settings, october):
    [maria, tomasz] = await planned(db, kind=MailPlan.CARD)
    with clock.fixed(MORNING):
        elin = await site(october.elin)
        stop = "/suppliers/104417/scorecard-mails"
        assert (await elin.post(stop, data={"reason": "They moved."})).status_code == 303
        assert "They moved." in (await elin.get("/suppliers/104417")).text
        await write(db, settings, maria)
        assert (maria.status, maria.note) == (PlanStatus.SKIPPED, writing.STOPPED)
        await elin.post(stop, data={})
        await write(db, settings, tomasz)
        mail = await mail_of(db, tomasz)
        again = f"/months/2026-10/mails/{tomasz.id}/again"
        assert (await elin.post(again)).status_code == 409, "still on its way"
        mail.status, mail.problem = MailStatus.BOUNCED, "550 no such user"
        await db.flush()
        page = (await elin.get("/months/2026-10/mails")).text
        assert "550 no such user" in page
        assert (await elin.post(again)).status_code == 303
        assert (await mail_of(db, tomasz)).status is MailStatus.QUEUED
        mail.status = MailStatus.SENT
        await db.flush()
        await elin.post(again)
        await write(db, settings, tomasz)
        assert tomasz.mail_id != mail.id
        assert (await (await site(october.tomasz)).get("/months/2026-10/mails")).status_code == 404


async def test_the_preview_and_the_digest_are_mailed(db, settings, cast):
    await ratings.install_default_policy(db)
    await deliveries.line(db, cast, (PROMISED, 100))
    await suppliers.contact(db, cast.acme, email="q@acme.test", role=ProcessRole.QUALITY)
    with clock.fixed(datetime(2026, 11, 3, 4, 5, tzinfo=UTC)):
        assert await following.follow(db, TESTER) == ["computed", "opened"]
    [row] = await planned(db, kind=MailPlan.PREVIEW)
    with clock.fixed(datetime(2026, 11, 4, 6, tzinfo=UTC)):
        await write(db, settings, row)
    mail = await mail_of(db, row)
    assert mail.subject.startswith("Check your scorecard October 2026")
    assert "Tue 10 November 2026, 16:00 (UTC)" in mail.body_text


async def test_the_digest_counts_bands_and_names_who_moved(db, settings, october):
    rows = await planned(db, kind=MailPlan.DIGEST, person_id=october.karin.id)
    with clock.fixed(MORNING):
        await write(db, settings, *rows)
    mail = await mail_of(db, rows[0])
    assert "D: 1" in mail.body_text
    assert "Nobody changed band." in mail.body_text


async def test_the_digest_compares_with_a_month_that_was_never_published_as_it_is_rated(
    db, settings, october
):
    september = date(2026, 9, 8)
    for _ in range(10):
        await deliveries.line(db, october, (september, 100), acknowledged_on=september)
    rows = await planned(db, kind=MailPlan.DIGEST, person_id=october.karin.id)
    with clock.fixed(MORNING):
        await write(db, settings, *rows)
    mail = await mail_of(db, rows[0])
    assert mail.subject.endswith("1 changed band")
    assert re.search(rf"{october.acme.name}.*\bA\b.*\bD\b", mail.body_text), mail.body_text
