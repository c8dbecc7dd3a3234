"""Certificates as people see them: the supplier's page, the review, the matrix, rules, the calendar."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.access.principal import system
from portal.models.certificates import Certificate, CertificateRequirement, CertificateStatus, CertificateType
from portal.models.documents import Document, DocumentStatus
from portal.models.outbox import OutgoingMail
from portal.models.suppliers import Contact
from portal.sample.papers import pdf
from portal.storage.choose import make_store
from portal.workflows.certificates import proposing
from tests.factories import certificates, files
from tests.factories.certificates import paper

TODAY = date(2026, 11, 12)


@pytest.fixture(autouse=True)
def _today():
    with clock.fixed(datetime(2026, 11, 12, 12, tzinfo=UTC)):
        yield


async def the_worker_reads(db, settings):
    """What the jobs do once a file has arrived."""
    for document in (await db.execute(select(Document))).scalars():
        document.status = DocumentStatus.RELEASED
    await db.flush()
    drafts = select(col(Certificate.id)).where(col(Certificate.status) == CertificateStatus.DRAFT)
    for draft in (await db.execute(drafts)).scalars().all():
        await proposing.propose(db, make_store(settings), settings, system("job"), draft)


def sent(*contents):
    return [("files", (f"certificate-{at}.pdf", content)) for at, content in enumerate(contents)]


def fields_in(html):
    """What the form on the page would send."""
    found = dict(re.findall(r'<input class="form-control(?: num)?" id="f-(\w+)"[^>]*? value="([^"]*)"', html))
    found |= dict(re.findall(r'<textarea class="form-control" id="f-(\w+)"[^>]*>\n([^<]*)</textarea>', html))
    found |= dict(re.findall(r'<input type="hidden" name="(version|type)" value="(\d+)"', html))
    chosen = re.search(r'id="f-type".*?<option value="(\d+)" selected', html, re.DOTALL)
    return found | ({"type": chosen[1]} if chosen else {})


async def test_a_supplier_renews_and_we_accept(site, db, cast, settings):
    await certificates.requirement(db, note="Our customers ask for it.")
    old = await certificates.certificate(db, cast, number="QM 1", valid_until_on=date(2026, 12, 4))
    tomasz = await site(cast.tomasz)
    mine = (await tomasz.get("/certificates")).text
    assert "Our customers ask for it." in mine
    assert f"/certificates/{old.id}/renewal" in mine
    where = (await tomasz.get(f"/certificates/{old.id}/renewal")).text
    action = re.search(r'action="([^"]+files[^"]*)"', where)[1].split("&amp;")[0].split("csrf_token")[0]
    added = await tomasz.post(action.rstrip("?&"), files=sent(pdf(paper())))
    assert added.status_code == 303
    here = added.headers["location"]
    assert "We read your certificate" in (await tomasz.get(here)).text

    await the_worker_reads(db, settings)
    confirm = (await tomasz.get(here)).text
    typed = fields_in(confirm)
    assert (typed["number"], typed["valid_until_on"]) == ("QM 26 448 10221", "2029-11-02")
    assert "page 1, “2 November 2029”" in confirm
    handed_in = await tomasz.post(f"{here}/submission", data=typed)
    assert handed_in.status_code == 303
    assert "Norrland reviews it now." in (await tomasz.get(here)).text

    elin = await site(cast.elin)
    matrix = (await elin.get("/certificates")).text
    assert "Acme Castings, ISO 9001" in matrix
    assert re.search(r'as-cell info" href="[^"]+" hx-get', matrix)
    review = (await elin.get(here)).text
    assert "No gap: it begins before the old one ends" in review
    assert "1 of 1" in review
    accepted = await elin.post(f"{here}/acceptance", data=fields_in(review))
    assert (accepted.status_code, accepted.headers["location"]) == (303, "/certificates")
    await db.refresh(old)
    assert old.status is CertificateStatus.SUPERSEDED
    assert "Valid" in (await tomasz.get("/certificates")).text


async def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(site, db, cast, settings):
    tomasz = await site(cast.tomasz)
    here = (await tomasz.post("/certificates/files", files=sent(pdf(paper())))).headers["location"]
    await the_worker_reads(db, settings)
    typed = fields_in((await tomasz.get(here)).text)
    for changed, sentence in (
        ({"number": ""}, "Enter the number of the certificate."),
        ({"valid_until_on": ""}, "Enter the last valid day."),
        ({"valid_until_on": "2026-11-01"}, "has ended already"),
        ({"valid_until_on": "31.12.2029"}, "Enter a date as year-month-day"),
        ({"type": "999999"}, ""),
        ({"number": "x\x00"}, "characters that cannot be stored"),
        ({"scope": "y" * 5000}, "Shorten it to 4000"),
    ):
        answer = await tomasz.post(f"{here}/submission", data={**typed, **changed})
        assert answer.status_code in {422, 404}, changed
        assert sentence in answer.text
        if answer.status_code == 422 and "scope" not in changed:
            assert "Manufacture of aluminium castings" in answer.text
    found = (await db.execute(select(Certificate))).scalar_one()
    assert found.status is CertificateStatus.DRAFT


async def test_several_files_are_sorted_to_what_is_asked_and_a_wrong_one_is_named(site, db, cast, settings):
    await certificates.requirement(db, "ISO 9001")
    await certificates.requirement(db, "ISO 14001")
    tomasz = await site(cast.tomasz)
    added = await tomasz.post(
        "/certificates/files",
        files=[
            *sent(pdf(paper()), pdf(paper(standard="ISO 14001:2015", number="UM 7"))),
            ("files", ("evil.pdf", files.acting_pdf())),
            ("files", ("notes.exe", b"MZ\x90\x00")),
        ],
    )
    assert (added.status_code, added.headers["location"]) == (303, "/certificates#drafts")
    await the_worker_reads(db, settings)
    mine = (await tomasz.get("/certificates")).text
    confirm = mine[mine.index('id="drafts"') : mine.index("What is asked")]
    assert "ISO 9001" in confirm
    assert "ISO 14001" in confirm
    assert "notes.exe" in mine or "notes.exe" in added.headers.get("set-cookie", "")


async def test_a_returned_one_comes_back_with_its_reason_in_german(site, db, cast, settings):
    cast.tomasz.language = "de"
    tomasz, elin = await site(cast.tomasz), await site(cast.elin)
    here = (await tomasz.post("/certificates/files", files=sent(pdf(paper())))).headers["location"]
    await the_worker_reads(db, settings)
    confirm = (await tomasz.get(here)).text
    assert "Prüfen Sie die Felder" in confirm
    await tomasz.post(f"{here}/submission", data=fields_in(confirm))

    review = (await elin.get(here)).text
    empty = await elin.post(f"{here}/return", data={**fields_in(review), "reason": " "})
    assert empty.status_code == 422
    assert "Say why. The supplier reads it." in empty.text
    back = await elin.post(f"{here}/return", data={**fields_in(review), "reason": "Seite 2 <b>fehlt</b>"})
    assert back.status_code == 303
    again = await elin.post(f"{here}/return", data={**fields_in(review), "reason": "twice"})
    assert again.status_code == 409

    shown = (await tomasz.get(here)).text
    assert "Seite 2 &lt;b&gt;fehlt&lt;/b&gt;" in shown
    assert (await tomasz.post(f"{here}/submission", data=fields_in(shown))).status_code == 303
    mail = (await db.execute(select(OutgoingMail))).scalar_one()
    assert mail.subject == "Ihr Zertifikat ISO 9001 wurde zurückgegeben"


async def test_the_review_goes_on_with_the_next_one_in_place(site, db, cast):
    first = await certificates.certificate(
        db, cast, status=CertificateStatus.SUBMITTED, valid_until_on=date(2028, 1, 1)
    )
    second = await certificates.certificate(
        db, cast, "ISO 14001", status=CertificateStatus.SUBMITTED, valid_until_on=date(2028, 1, 1)
    )
    elin = await site(cast.elin)
    htmx = {"HX-Request": "true"}
    fragment = (await elin.get(f"/certificates/{first.id}", headers=htmx)).text
    assert fragment.lstrip().startswith('<section id="review"')
    assert "<html" not in fragment
    accepted = await elin.post(f"/certificates/{first.id}/acceptance", data=fields_in(fragment), headers=htmx)
    assert accepted.headers["hx-push-url"] == f"/certificates/{second.id}"
    assert "ISO 14001" in accepted.text
    last = await elin.post(
        f"/certificates/{second.id}/acceptance", data=fields_in(accepted.text), headers=htmx
    )
    assert last.headers["hx-redirect"] == "/certificates"


async def test_we_add_one_for_a_supplier_and_a_colleague_reviews_it(site, db, cast, settings):
    elin, karin = await site(cast.elin), await site(cast.karin)
    assert (await elin.get("/suppliers/104417/certificates")).status_code == 200
    added = await elin.post("/suppliers/104417/certificates/files", files=sent(pdf(paper())))
    here = added.headers["location"]
    await the_worker_reads(db, settings)
    await elin.post(f"{here}/submission", data=fields_in((await elin.get(here)).text))
    own = (await elin.get(here)).text
    assert "A colleague reviews this." in own
    assert 'data-key="a"' not in own
    assert (await elin.post(f"{here}/acceptance", data=fields_in(own))).status_code == 409
    theirs = (await karin.get(here)).text
    assert "on the supplier’s behalf" in theirs
    assert (await karin.post(f"{here}/acceptance", data=fields_in(theirs))).status_code == 303


async def test_a_rival_and_whoever_may_not_get_404_as_if_there_were_nothing(site, db, cast, settings):
    tomasz = await site(cast.tomasz)
    here = (await tomasz.post("/certificates/files", files=sent(pdf(paper())))).headers["location"]
    rita, anna, vera, olle = [await site(each) for each in (cast.rita, cast.anna, cast.vera, cast.olle)]
    missing = (await rita.get("/certificates/99999999")).status_code
    assert missing == 404
    for path in (here, f"{here}/renewal"):
        assert (await rita.get(path)).status_code == missing
    for step in ("submission", "withdrawal", "acceptance", "return"):
        assert (await rita.post(f"{here}/{step}", data={"reason": "x"})).status_code == missing
        assert (await vera.post(f"{here}/{step}", data={"reason": "x"})).status_code == missing
    assert (await anna.get("/certificates")).status_code == 404
    assert (await olle.get("/certificates/requirements")).status_code == 404
    assert (await tomasz.get("/certificates/requirements")).status_code == 404
    assert (await tomasz.get("/certificates.csv")).status_code == 404
    assert (await tomasz.get("/suppliers/104900/certificates")).status_code == 404
    assert (await tomasz.post("/certificates/requests", data={"supplier": "104900"})).status_code in {
        404,
        303,
    }
    assert "Acme" not in (await rita.get("/certificates")).text
    assert (await rita.get("/certificates/%00")).status_code == 404


async def test_the_matrix_as_a_file_and_with_nothing_to_show(site, db, cast):
    elin = await site(cast.elin)
    assert "No supplier is asked for a certificate yet" in (await elin.get("/certificates")).text
    await certificates.requirement(db)
    await certificates.certificate(db, cast)
    cast.bolt.name = "=cmd()"
    await db.flush()
    narrowed = (await elin.get("/certificates", params={"state": "missing"})).text
    assert "=cmd()" in narrowed
    assert "Acme Castings" not in narrowed[narrowed.index('id="matrix"') : narrowed.index("</table>")]
    rows = (await elin.get("/certificates.csv")).content.decode("utf-8-sig").splitlines()
    assert rows[0] == '"Supplier","Number","ISO 9001 state","ISO 9001 day"'
    assert rows[1:] == [
        '"\'=cmd()","104900","Missing",""',
        '"Acme Castings","104417","Ends soon","2027-01-31"',
    ]
    assert (await elin.get("/certificates.xlsx")).content.startswith(b"PK")
    assert (await elin.get("/certificates", params={"state": "nonsense"})).status_code == 422


async def test_asking_writes_one_mail_for_all_that_is_owed_and_not_twice_a_day(site, db, cast):
    await certificates.requirement(db)
    await certificates.requirement(db, "Insurance")
    await certificates.certificate(db, cast, valid_until_on=TODAY - timedelta(days=3))
    db.add(Contact(supplier_id=cast.acme.id, name="Tomasz", email="quality@acme.example", language="de"))
    await db.flush()
    olle = await site(cast.olle)
    chosen = {"supplier": ["104417", "104900", "no such"]}
    assert (await olle.post("/certificates/requests", data=chosen)).status_code == 303
    await olle.post("/certificates/requests", data=chosen)
    mails = {mail.address: mail for mail in (await db.execute(select(OutgoingMail))).scalars()}
    assert set(mails) == {"quality@acme.example", cast.rita.email}
    acme = mails["quality@acme.example"]
    assert acme.subject == "Norrland braucht 2 Zertifikate von Ihnen"
    assert "Olle Nyström" in acme.body_text
    assert "Insurance" in acme.body_text
    assert (await olle.post("/certificates/requests", data={})).status_code == 422


async def test_requirements_and_types_are_written_changed_and_removed(site, db, cast):
    elin = await site(cast.elin)
    iso = await certificates.kind(db)
    rule = {"type": str(iso.id), "level": "mandatory", "on_lapse": "show", "commodity": str(cast.castings.id)}
    assert (await elin.get("/certificates/requirements/new")).status_code == 200
    assert (await elin.post("/certificates/requirements", data=rule)).status_code == 303
    twice = await elin.post("/certificates/requirements", data=rule)
    assert twice.status_code == 422
    assert "already a requirement" in twice.text
    found = (await db.execute(select(CertificateRequirement))).scalar_one()
    here = f"/certificates/requirements/{found.id}"
    page = (await elin.get("/certificates/requirements")).text
    assert "Castings" in page
    assert (await elin.get(f"{here}/edit")).status_code == 200
    changed = {**rule, "version": "1", "note": "Since 2020"}
    assert (await elin.post(here, data=changed)).status_code == 303
    stale = await elin.post(here, data={**changed, "note": "Mine"})
    assert stale.status_code == 412
    assert "Since 2020" in stale.text
    assert "Mine" in stale.text
    assert (await elin.post(f"{here}/removal")).status_code == 303
    assert (await elin.get(f"{here}/edit")).status_code == 404

    own = {"code": "TISAX", "name": "Information security", "has_end": "on", "usual_months": "36"}
    assert (await elin.post("/certificates/types", data=own)).status_code == 303
    assert (await elin.post("/certificates/types", data={**own, "code": "tisax"})).status_code == 422
    tisax = (
        await db.execute(select(CertificateType).where(col(CertificateType.code) == "TISAX"))
    ).scalar_one()
    there = f"/certificates/types/{tisax.id}"
    assert (await elin.get(f"{there}/edit")).status_code == 200
    assert (await elin.post(there, data={**own, "version": "1", "usual_months": "999"})).status_code == 422
    assert (await elin.post(there, data={**own, "version": "1", "usual_months": "24"})).status_code == 303


async def test_a_calendar_has_its_own_address_until_it_is_revoked(site, db, cast):
    await certificates.certificate(db, cast, number="QM 1", valid_until_on=date(2026, 12, 4))
    await certificates.certificate(db, cast, number="QM 2", supplier_id=cast.bolt.id)
    tomasz, program = await site(cast.tomasz), await site(None)
    made = (await tomasz.post("/certificates/calendar")).text
    path = re.search(r"http://portal\.test(/certificates/calendar/[^\"]+\.ics)", made)[1]
    assert path not in (await tomasz.get("/certificates/calendar")).text
    answer = await program.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    (event,) = Calendar.from_ical(answer.content).walk("VEVENT")
    assert (event["SUMMARY"], event["DTSTART"].dt) == ("ISO 9001 ends", date(2026, 12, 4))
    assert "QM 2" not in answer.text

    for wrong in (
        path[:-5] + "x.ics",
        path.removesuffix(".ics"),
        "/certificates/calendar/" + "a" * 300 + ".ics",
    ):
        assert (await program.get(wrong)).status_code == 404
    await tomasz.post("/certificates/calendar")
    assert (await program.get(path)).status_code == 404
    newer = (await tomasz.post("/certificates/calendar")).text
    path = re.search(r"http://portal\.test(/certificates/calendar/[^\"]+\.ics)", newer)[1]
    cast.tomasz.is_active = False
    await db.flush()
    assert (await program.get(path)).status_code == 404
    cast.tomasz.is_active = True
    await db.flush()
    assert (await tomasz.post("/certificates/calendar/revocation")).status_code == 303
    assert (await program.get(path)).status_code == 404
