"""A certificate's way: handed in, read, confirmed, reviewed, replaced, expired."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlmodel import col

from portal import clock
from portal.access.principal import system
from portal.errors import BusyError, NotFoundError, NotReadyError, StaleError
from portal.models.certificates import Certificate, CertificateStatus, OnLapse
from portal.models.documents import DocumentStatus
from portal.models.outbox import OutgoingMail
from portal.models.ratings import ResponseStage
from portal.models.suppliers import AslEntry, AslStatus, ScopeKind, SupplierSite
from portal.models.tasks import Side, Task
from portal.sample.papers import pdf
from portal.storage.choose import make_store
from portal.workflows import documents, ratings
from portal.workflows.certificates import (
    answers,
    coverage,
    effects,
    expiry,
    proposing,
    records,
    review,
    submitting,
)
from portal.workflows.editing import TakenError
from portal.workflows.scorecards import cards, ranking
from scorecards.periods import Period, month_number
from tests.factories import certificates, deliveries, files
from tests.factories.certificates import paper
from tests.people import principal_of

TODAY = date(2026, 11, 12)
NOON = datetime(2026, 11, 12, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today():
    with clock.fixed(NOON):
        yield


async def sent(db, settings, who, content, name="certificate.pdf"):
    """A file that was sent and has passed its check."""
    made = await documents.receive(
        db, make_store(settings), settings, principal_of(who), name, files.stream(content)
    )
    made.status = DocumentStatus.RELEASED
    await db.flush()
    return made


async def begun(db, settings, cast, content=None, who=None, name="certificate.pdf", **given):
    who = who or cast.tomasz
    file = await sent(db, settings, who, content or pdf(paper(**given)), name)
    (draft,) = await submitting.begin(db, principal_of(who), cast.acme, [file.id])
    return draft


async def read(db, settings, draft):
    await proposing.propose(db, make_store(settings), settings, system("job"), draft.id)


def values_of(certificate, **changed):
    names = ("type_id", "number", "issuing_body", "accreditation", "scope", "issued_on", "valid_until_on")
    return {
        **{name: getattr(certificate, name) for name in names},
        "site_ids": certificate.site_ids,
        **changed,
    }


async def submit(db, who, certificate, **changed):
    record = await records.to_change(db, principal_of(who), certificate.id)
    await submitting.submit(
        db,
        record,
        certificate.version,
        values_of(certificate, **changed),
        by=principal_of(who),
        today=TODAY,
    )
    return record


async def accept(db, who, certificate, **changed):
    record = await records.to_change(db, principal_of(who), certificate.id)
    values = values_of(certificate, **changed)
    del values["type_id"]
    await review.accept(db, record, certificate.version, values, by=principal_of(who), today=TODAY)


async def give_back(db, settings, who, certificate, reason="Page 2 is missing"):
    record = await records.to_change(db, principal_of(who), certificate.id)
    await review.give_back(
        db, settings, record, certificate.version, reason, by=principal_of(who), today=TODAY
    )


async def open_tasks(db):
    query = select(Task).where(col(Task.done_at).is_(None)).order_by(col(Task.id))
    return [(task.kind, task.side, task.record_id) for task in (await db.execute(query)).scalars()]


async def test_a_file_is_read_and_what_it_says_is_proposed(db, cast, settings):
    tarnow = SupplierSite(supplier_id=cast.acme.id, name="Foundry", city="Tarnów")
    db.add_all([tarnow, SupplierSite(supplier_id=cast.acme.id, name="Machining", city="Dębica")])
    draft = await begun(db, settings, cast)
    assert (draft.type_id, draft.found) == (None, None)
    await read(db, settings, draft)
    record = await records.find(db, principal_of(cast.tomasz), draft.id)
    assert (record.code, draft.number, draft.issuing_body) == (
        *("ISO 9001", "QM 26 448 10221", "Rhein Quality Services GmbH"),
    )
    assert (draft.issued_on, draft.valid_until_on) == (date(2026, 11, 3), date(2029, 11, 2))
    assert draft.site_ids == [tarnow.id]
    assert (draft.status, record.reading.found["number"].page) == (CertificateStatus.DRAFT, 1)
    draft.number = "typed by hand"
    await read(db, settings, draft)
    assert draft.number == "typed by hand"


async def test_a_file_under_check_is_read_later_and_a_photo_is_typed_off(db, cast, settings):
    draft = await begun(db, settings, cast)
    (file,) = await documents.attached(db, principal_of(cast.tomasz), draft)
    file.status = DocumentStatus.CHECKING
    await db.flush()
    with pytest.raises(BusyError):
        await read(db, settings, draft)
    photo = await begun(db, settings, cast, content=files.photo(), name="photo.jpg")
    await read(db, settings, photo)
    record = await records.find(db, principal_of(cast.tomasz), photo.id)
    assert (record.kind, record.reading.has_text, record.reading.found) == (None, False, {})


async def test_a_renewal_from_the_supplier_to_the_old_ones_end(db, cast, settings):
    await certificates.requirement(db)
    old = await certificates.certificate(db, cast, valid_until_on=date(2026, 12, 4))
    draft = await begun(db, settings, cast)
    await read(db, settings, draft)
    await submit(db, cast.tomasz, draft, scope="Aluminium castings")
    assert (draft.status, draft.renews_id, draft.scope) == (
        *(CertificateStatus.SUBMITTED, old.id, "Aluminium castings"),
    )
    assert await open_tasks(db) == [("certificate.review", Side.US, draft.id)]

    await accept(db, cast.elin, draft)
    await db.refresh(old)
    assert (draft.status, old.status) == (CertificateStatus.ACCEPTED, CertificateStatus.SUPERSEDED)
    assert draft.decided_by_name == "Elin Sandberg"
    assert await open_tasks(db) == []

    await answers.note(db, old.id)
    stage = (await db.execute(select(ResponseStage))).scalar_one()
    assert (stage.due_on, stage.answered_at, stage.accepted) == (date(2026, 12, 4), NOON, True)


async def test_a_returned_one_is_the_suppliers_turn_again_with_the_reason_in_their_mail(db, cast, settings):
    old = await certificates.certificate(db, cast, valid_until_on=date(2026, 12, 4))
    draft = await begun(db, settings, cast)
    await read(db, settings, draft)
    await submit(db, cast.tomasz, draft)
    await give_back(db, settings, cast.elin, draft)
    assert (draft.status, draft.reason) == (CertificateStatus.REJECTED, "Page 2 is missing")
    (task,) = (await db.execute(select(Task).where(col(Task.done_at).is_(None)))).scalars()
    assert (task.kind, task.side, task.due_on) == ("certificate.renew", Side.SUPPLIER, old.valid_until_on)
    mail = (await db.execute(select(OutgoingMail))).scalar_one()
    assert mail.address == cast.tomasz.email
    assert "Page 2 is missing" in mail.body_text
    await answers.note(db, old.id)
    assert (await db.execute(select(col(ResponseStage.accepted)))).scalar_one() is False

    await submit(db, cast.tomasz, draft)
    assert (draft.status, draft.reason) == (CertificateStatus.SUBMITTED, "")
    assert await open_tasks(db) == [("certificate.review", Side.US, draft.id)]


async def test_a_step_that_is_not_next_and_a_stale_one_change_nothing(db, cast, settings):
    draft = await begun(db, settings, cast)
    await read(db, settings, draft)
    with pytest.raises(NotReadyError):
        await accept(db, cast.elin, await _as_ours(db, draft))
    draft.is_on_behalf = False
    await submit(db, cast.tomasz, draft)
    with pytest.raises(NotReadyError):
        await submit(db, cast.tomasz, draft)
    record = await records.to_change(db, principal_of(cast.elin), draft.id)
    with pytest.raises(StaleError):
        await review.give_back(
            db, settings, record, draft.version - 1, "Old", by=principal_of(cast.elin), today=TODAY
        )


async def _as_ours(db, draft):
    """A draft of the supplier's does not show to us at all; one of ours does."""
    draft.is_on_behalf = True
    await db.flush()
    return draft


async def test_four_eyes_where_we_hand_it_in_for_the_supplier(db, cast, settings):
    draft = await begun(db, settings, cast, who=cast.elin)
    await read(db, settings, draft)
    await submit(db, cast.elin, draft)
    assert draft.is_on_behalf
    with pytest.raises(NotReadyError, match="a colleague has to review"):
        await accept(db, cast.elin, draft)
    assert draft.status is CertificateStatus.SUBMITTED
    await accept(db, cast.karin, draft)
    assert draft.status is CertificateStatus.ACCEPTED


async def test_a_rival_our_buyer_and_an_auditor_are_refused(db, cast, settings):
    draft = await begun(db, settings, cast)
    await read(db, settings, draft)
    for who in (cast.rita, cast.anna, cast.elin):
        with pytest.raises(NotFoundError):
            await records.find(db, principal_of(who), draft.id)
    await submit(db, cast.tomasz, draft)
    with pytest.raises(NotFoundError):
        await records.find(db, principal_of(cast.rita), draft.id)
    with pytest.raises(NotFoundError):
        await accept(db, cast.olle, draft)
    with pytest.raises(NotFoundError):
        await accept(db, cast.tomasz, draft)
    own = await sent(db, settings, cast.rita, pdf(paper()))
    with pytest.raises(NotFoundError):
        await submitting.begin(db, principal_of(cast.tomasz), cast.acme, [own.id])


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"valid_until_on": None}, "valid_until_on"),
        ({"valid_until_on": TODAY - timedelta(days=1)}, "valid_until_on"),
        ({"issued_on": date(2030, 1, 1)}, "valid_until_on"),
        ({"site_ids": [10**9]}, "sites"),
    ],
)
async def test_what_no_certificate_says_is_refused_at_its_field(db, cast, settings, changed, field):
    draft = await begun(db, settings, cast)
    await read(db, settings, draft)
    with pytest.raises(TakenError) as refused:
        await submit(db, cast.tomasz, draft, **changed)
    assert refused.value.field == field


async def test_the_same_certificate_is_handed_in_once_and_a_renewal_may_keep_its_number(db, cast, settings):
    await certificates.certificate(db, cast, number="QM 26 448 10221", valid_until_on=date(2026, 12, 4))
    draft = await begun(db, settings, cast)
    await read(db, settings, draft)
    await submit(db, cast.tomasz, draft)
    again = await begun(db, settings, cast)
    await read(db, settings, again)
    with pytest.raises(TakenError, match="already a certificate with the number"):
        await submit(db, cast.tomasz, again)


async def test_gaps_lost_sites_long_validity_and_an_unnamed_scope_are_told_to_the_reviewer(
    db, cast, settings
):
    tarnow = SupplierSite(supplier_id=cast.acme.id, name="Tarnów", city="Tarnów")
    debica = SupplierSite(supplier_id=cast.acme.id, name="Dębica", city="Dębica")
    db.add_all([tarnow, debica])
    db.add(
        AslEntry(
            supplier_id=cast.acme.id,
            scope_kind=ScopeKind.COMMODITY,
            scope="Forgings",
            status=AslStatus.APPROVED,
            valid_until_on=date(2027, 1, 1),
        )
    )
    await db.flush()
    old = await certificates.certificate(
        db, cast, valid_until_on=date(2026, 10, 20), site_ids=[tarnow.id, debica.id]
    )
    draft = await begun(db, settings, cast, valid_until_on=date(2031, 11, 2))
    await read(db, settings, draft)
    await submit(db, cast.tomasz, draft)
    assert draft.renews_id == old.id
    record = await records.find(db, principal_of(cast.elin), draft.id)
    told = [
        check.sentence
        for check in await coverage.checks(db, principal_of(cast.elin), record)
        if not check.is_good
    ]
    assert told == [
        "13 days without a valid certificate, 2026-10-21 – 2026-11-02",
        "Valid for 60 months; 36 are usual. Look at the days again.",
        "Dębica was covered before and is not any more",
        "The scope does not name Forgings. Read whether it means it.",
    ]


async def test_a_certificate_that_begins_later_takes_over_on_its_first_day(db, cast):
    old = await certificates.certificate(db, cast, valid_until_on=date(2026, 12, 4))
    new = await certificates.certificate(
        db,
        cast,
        status=CertificateStatus.SUBMITTED,
        issued_on=date(2026, 12, 1),
        valid_until_on=date(2029, 11, 30),
        renews_id=old.id,
    )
    await accept(db, cast.elin, new)
    await db.refresh(old)
    assert old.status is CertificateStatus.ACCEPTED
    await expiry.run(db, system("job"), today=date(2026, 12, 1))
    await db.refresh(old)
    assert (old.status, new.status) == (CertificateStatus.SUPERSEDED, CertificateStatus.ACCEPTED)


async def test_what_has_ended_expires_once_and_lowers_approvals_as_the_requirement_says(db, cast):
    await certificates.requirement(db, on_lapse=OnLapse.CONDITIONAL)
    ended = await certificates.certificate(db, cast, number="QM 1", valid_until_on=date(2026, 11, 11))
    entry = AslEntry(
        supplier_id=cast.acme.id,
        scope_kind=ScopeKind.COMMODITY,
        scope="Castings",
        status=AslStatus.APPROVED,
        valid_until_on=date(2027, 6, 1),
    )
    db.add(entry)
    await db.flush()
    assert await expiry.run(db, system("job"), today=TODAY) == 1
    assert (ended.status, entry.status) == (CertificateStatus.EXPIRED, AslStatus.CONDITIONAL)
    assert entry.reason == "ISO 9001 QM 1 expired on 2026-11-11."
    assert await open_tasks(db) == [("certificate.renew", Side.SUPPLIER, ended.id)]
    assert await effects.expired(db, principal_of(cast.elin), today=TODAY) == {
        cast.acme.id: ["ISO 9001 expired on 2026-11-11"]
    }
    assert await effects.expired(db, principal_of(cast.rita), today=TODAY) == {}

    # What a person decides afterwards stands.
    entry.status = AslStatus.APPROVED
    await db.flush()
    assert await expiry.run(db, system("job"), today=TODAY + timedelta(days=1)) == 0
    assert entry.status is AslStatus.APPROVED


async def test_an_expired_mandatory_certificate_caps_the_card_and_the_ranking_alike(db, cast):
    for _ in range(12):
        await deliveries.line(db, cast, (deliveries.PROMISED, 100))
    await ratings.install_default_policy(db)
    who, october = principal_of(cast.elin), Period(month_number(date(2026, 10, 1)))

    async def bands():
        card = (await cards.card(db, who, cast.acme, october, TODAY)).card
        places = await ranking.places(db, who, october, TODAY)
        return card.band, next(place.band for place in places if place.number == cast.acme.number)

    before = await bands()
    await certificates.requirement(db)
    await certificates.certificate(db, cast, valid_until_on=TODAY - timedelta(days=1))
    assert (before, await bands()) == (("A", "A"), ("C", "C"))


async def test_one_that_nobody_asks_for_expires_quietly(db, cast):
    ended = await certificates.certificate(db, cast, valid_until_on=date(2026, 11, 11))
    await expiry.run(db, system("job"), today=TODAY)
    assert (ended.status, await open_tasks(db)) == (CertificateStatus.EXPIRED, [])
    found = (await db.execute(select(Certificate))).scalars().all()
    assert len(found) == 1
