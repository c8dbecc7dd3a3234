"""Who must hold what, and where each supplier stands with it."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from portal.errors import NotFoundError
from portal.models.certificates import CertificateStatus, Level
from portal.models.suppliers import AslEntry, AslStatus, RiskClass, ScopeKind, SupplierStatus
from portal.workflows.certificates import matrix, requirements
from portal.workflows.certificates.states import State
from portal.workflows.editing import TakenError
from portal.workflows.lists import Wanted
from tests.factories import certificates, master
from tests.people import principal_of

TODAY = date(2026, 11, 12)
LATER = datetime(2026, 11, 11, 14, 26, tzinfo=UTC)


async def cell(db, who, supplier, code="ISO 9001", today=TODAY):
    kind = await certificates.kind(db, code)
    found = await matrix.cells(db, principal_of(who), [supplier.id], today=today)
    return found.get((supplier.id, kind.id))


async def test_each_state_of_a_cell_in_its_turn(db, cast):
    await certificates.requirement(db)
    assert (await cell(db, cast.elin, cast.acme)).state is State.MISSING

    old = await certificates.certificate(db, cast, valid_until_on=date(2026, 11, 30))
    for today, state in (
        (date(2026, 8, 31), State.VALID),
        (date(2026, 9, 1), State.EXPIRING),
        (date(2026, 11, 30), State.EXPIRING),
        (date(2026, 12, 1), State.EXPIRED),
    ):
        found = await cell(db, cast.elin, cast.acme, today=today)
        assert (found.state, found.certificate_id, found.day) == (state, old.id, date(2026, 11, 30))

    new = await certificates.certificate(
        db,
        cast,
        status=CertificateStatus.SUBMITTED,
        submitted_at=LATER,
        issued_on=date(2026, 11, 3),
        valid_until_on=date(2029, 11, 2),
    )
    waiting = await cell(db, cast.elin, cast.acme)
    assert (waiting.state, waiting.certificate_id, waiting.day) == (State.SUBMITTED, new.id, LATER.date())
    assert waiting.held_until_on == date(2026, 11, 30)

    new.status, new.reason = CertificateStatus.REJECTED, "Page 2 is missing"
    await db.flush()
    assert (await cell(db, cast.elin, cast.acme)).state is State.REJECTED

    new.status, old.status = CertificateStatus.ACCEPTED, CertificateStatus.SUPERSEDED
    await db.flush()
    valid = await cell(db, cast.elin, cast.acme)
    assert (valid.state, valid.day) == (State.VALID, date(2029, 11, 2))

    new.status = CertificateStatus.WITHDRAWN
    await db.flush()
    left = await cell(db, cast.elin, cast.acme)
    assert (left.state, left.certificate_id, left.held_until_on) == (State.SUPERSEDED, old.id, None)


async def test_what_has_no_end_stays_valid_and_a_draft_counts_for_nothing(db, cast):
    await certificates.requirement(db)
    await certificates.certificate(db, cast, valid_until_on=None)
    await certificates.certificate(db, cast, status=CertificateStatus.DRAFT, submitted_at=None)
    assert (await cell(db, cast.elin, cast.acme, today=date(2050, 1, 1))).state is State.VALID


async def test_a_requirement_fits_by_commodity_risk_scope_and_name(db, cast):
    machining = await master.commodity(db, code="MACH", name="Machined parts")
    cast.bolt.commodity_id, cast.bolt.risk = machining.id, RiskClass.HIGH
    await certificates.requirement(db, "ISO 9001", commodity_id=cast.castings.id)
    await certificates.requirement(db, "IATF 16949", risk=RiskClass.HIGH)
    await certificates.requirement(db, "Nadcap", scope="Heat treatment")
    await certificates.requirement(db, "Insurance", supplier_id=cast.bolt.id)
    await certificates.requirement(db, "ISO 14001", commodity_id=machining.id, risk=RiskClass.LOW)

    async def asked(supplier):
        codes = ("ISO 9001", "IATF 16949", "Nadcap", "Insurance", "ISO 14001")
        return [code for code in codes if await cell(db, cast.elin, supplier, code)]

    assert await asked(cast.acme) == ["ISO 9001"]
    assert await asked(cast.bolt) == ["IATF 16949", "Insurance"]

    entry = AslEntry(
        supplier_id=cast.acme.id,
        scope_kind=ScopeKind.PROCESS,
        scope="heat treatment",
        status=AslStatus.APPROVED,
    )
    db.add(entry)
    await db.flush()
    assert await asked(cast.acme) == ["ISO 9001", "Nadcap"]
    entry.status = AslStatus.DISQUALIFIED
    await db.flush()
    assert await asked(cast.acme) == ["ISO 9001"]
    cast.bolt.status = SupplierStatus.EXITED
    await db.flush()
    assert await asked(cast.bolt) == []


async def test_the_stronger_of_two_requirements_counts_and_desired_is_not_missing(db, cast):
    await certificates.requirement(db, level=Level.DESIRED)
    wanted = await cell(db, cast.elin, cast.acme)
    assert (wanted.state, wanted.is_mandatory, wanted.is_quiet) == (State.MISSING, False, True)
    page = await matrix.read(db, principal_of(cast.elin), Wanted(sort="supplier"), today=TODAY)
    assert (page.counts["missing"], page.counts["to_do"]) == (0, 0)

    await certificates.requirement(db, commodity_id=cast.castings.id)
    must = await cell(db, cast.elin, cast.acme)
    assert (must.is_mandatory, must.is_quiet) == (True, False)


async def test_the_matrix_is_narrowed_counted_and_ordered(db, cast):
    await certificates.requirement(db)
    await certificates.requirement(db, "Insurance", commodity_id=cast.castings.id)
    await certificates.certificate(db, cast)
    await certificates.certificate(db, cast, "Insurance", valid_until_on=TODAY - timedelta(days=1))
    who = principal_of(cast.elin)

    async def names(**filters):
        wanted = Wanted(sort="supplier", filters={key: (value,) for key, value in filters.items()})
        return [row.name for row in (await matrix.read(db, who, wanted, today=TODAY)).rows]

    everybody = await matrix.read(db, who, Wanted(sort="supplier"), today=TODAY)
    assert [row.name for row in everybody.rows] == ["Acme Castings", "Bolt & Sons"]
    assert [(each.code, each.required, each.valid) for each in everybody.headings] == [
        ("ISO 9001", 2, 1),
        ("Insurance", 2, 0),
    ]
    assert everybody.counts == {
        **dict.fromkeys(State, 0),
        "to_do": 4,
        "missing": 2,
        "expired": 1,
        "expiring": 1,
    }
    assert await names(state="missing") == ["Bolt & Sons"]
    assert await names(state="expired") == ["Acme Castings"]
    assert await names(state="missing", type="ISO 9001") == ["Bolt & Sons"]
    assert await names(state="expired", type="ISO 9001") == []
    assert await names(commodity="CAST") == ["Acme Castings", "Bolt & Sons"]
    assert await names(risk="high") == []


async def test_a_supplier_and_an_auditor_see_their_own_rows_and_none(db, cast):
    await certificates.requirement(db)
    await certificates.certificate(db, cast)
    assert await cell(db, cast.rita, cast.acme) is None
    assert (await cell(db, cast.tomasz, cast.acme)).state is State.EXPIRING
    assert await cell(db, cast.anna, cast.acme) is None
    mine = await matrix.read(db, principal_of(cast.rita), Wanted(sort="supplier"), today=TODAY)
    assert [row.name for row in mine.rows] == ["Bolt & Sons"]
    assert [(each.required, each.valid) for each in mine.headings] == [(1, 0)]


async def test_numbers_are_unique_for_a_supplier_and_not_between_rivals(db, cast):
    await certificates.certificate(db, cast, number="ISO-4711")
    await certificates.certificate(db, cast, number="ISO-4711", supplier_id=cast.bolt.id)
    # A renewal may keep its number, and an attempt that was returned blocks nothing.
    await certificates.certificate(db, cast, number="iso-4711", valid_until_on=date(2030, 1, 31))
    await certificates.certificate(
        db, cast, number="ISO-4711", status=CertificateStatus.REJECTED, reason="Unreadable"
    )
    with pytest.raises(IntegrityError, match="uq_certificate_number"):
        await certificates.certificate(db, cast, number="iso-4711")


async def test_requirements_are_written_once_and_name_what_exists(db, cast):
    who = principal_of(cast.elin)
    kind = await certificates.kind(db)
    values = {
        "type_id": kind.id,
        "level": Level.MANDATORY,
        "commodity_id": None,
        "risk": None,
        "scope": "",
        "supplier": "104417",
        "on_lapse": "show",
        "note": "Our customers ask for it.",
    }
    made = await requirements.add(db, who, values)
    assert [(rule.type, rule.supplier, rule.suppliers) for rule in await requirements.listed(db, who)] == [
        ("ISO 9001", "Acme Castings", 1)
    ]
    with pytest.raises(TakenError, match="already a requirement"):
        await requirements.add(db, who, values)
    with pytest.raises(TakenError, match="no supplier 999"):
        await requirements.add(db, who, {**values, "supplier": "999"})
    with pytest.raises(TakenError, match="no longer there"):
        await requirements.add(db, who, {**values, "commodity_id": 10**9})
    assert await requirements.listed(db, principal_of(cast.tomasz)) == []
    with pytest.raises(NotFoundError):
        await requirements.to_change(db, principal_of(cast.tomasz), made.id)
    await requirements.remove(db, await requirements.to_change(db, who, made.id))
    assert await requirements.listed(db, who) == []
