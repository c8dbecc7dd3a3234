"""One of everything that can belong to a company or to one of its people, for whoever tries to reach it."""

import hashlib
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import text

from portal import clock
from portal.models.absences import Absence
from portal.models.documents import Document, DocumentPreview, DocumentStatus
from portal.models.escalations import Escalation, EscalationStatus, Milestone, Rung
from portal.models.identity import Invitation, Passkey
from portal.models.imports import ImportKind, ImportRun, ImportStatus
from portal.models.months import ScorecardDispute
from portal.models.outbox import OutgoingMail
from portal.models.people import Role, Session
from portal.models.ratings import BackTest, BackTestStatus, PolicyStatus
from portal.models.ratings import Policy as PolicyRow
from portal.models.saved_filters import SavedFilter
from portal.models.scars import CostKind, ScarCost
from portal.models.shares import AuditorShare
from portal.models.targets import Aim, SupplierTarget
from portal.models.task_links import TaskLink
from portal.models.tasks import Side, Task
from portal.models.threads import Thread, ThreadMessage
from portal.storage import make_store
from scorecards.periods import month_number
from scorecards.policy import DEFAULT_POLICY
from tests.factories import certificates, deliveries, files, scars, suppliers


async def belongings(db, settings, cast, supplier, person):
    """One of everything that belongs to a company, or to a person of it, by what addresses say of it."""
    now = clock.now()
    stored = await make_store(settings).put(files.stream(files.photo(size=(240, 180))))
    site = await suppliers.site(db, supplier)
    contact = await suppliers.contact(db, supplier, site_id=site.id)
    entry = await suppliers.approval(db, supplier)
    thread = Thread(table_name="supplier", record_id=supplier.id, supplier_id=supplier.id)
    task = Task(
        kind="company_details",
        side=Side.SUPPLIER,
        supplier_id=supplier.id,
        table_name="supplier",
        record_id=supplier.id,
        contact_id=contact.id,
    )
    passkey = Passkey(
        person_id=person.id, credential_id=person.email.encode(), public_key=b"", user_handle=b"", name="Key"
    )
    invitation = Invitation(
        token_hash=f"invitation of {supplier.id}",
        email=f"new@{supplier.id}.test",
        name="New",
        role=Role.SUPPLIER_MEMBER,
        supplier_id=supplier.id,
        expires_at=now + timedelta(days=1),
    )
    document = Document(
        supplier_id=supplier.id,
        series=f"series of {supplier.id}",
        file_name="photo.jpg",
        media_type="image/jpeg",
        size=stored.size,
        sha256=stored.sha256,
        file_key=stored.key,
        status=DocumentStatus.RELEASED,
        sent_by_supplier=True,
        pages=1,
        uploaded_by_id=person.id,
        uploaded_by_name=person.name,
        attached_at=now,
    )
    mail = OutgoingMail(
        kind="invitation",
        key=f"of {supplier.id}",
        message_id=f"<{supplier.id}@portal.test>",
        supplier_id=supplier.id,
        address=contact.email,
        subject="Welcome",
    )
    session = Session(
        token_hash=hashlib.sha256(supplier.name.encode()).hexdigest(),
        person_id=person.id,
        csrf_secret="x",
        expires_at=now + timedelta(days=1),
    )
    db.add_all([thread, task, passkey, invitation, document, mail, session])
    await db.flush()
    link = TaskLink(
        token_hash=f"link of {supplier.id}",
        supplier_id=supplier.id,
        contact_id=contact.id,
        task_id=task.id,
        kind=task.kind,
        table_name="supplier",
        record_id=supplier.id,
        email=contact.email,
        name=contact.name,
        supplier_name=supplier.name,
        title="Confirm",
        path="/company-details",
        expires_at=now + timedelta(days=1),
    )
    said = ThreadMessage(
        thread_id=thread.id,
        supplier_id=supplier.id,
        author_id=person.id,
        author_name=person.name,
        is_ours=False,
        body=f"Words of {supplier.name}",
    )
    preview = DocumentPreview(
        document_id=document.id,
        supplier_id=supplier.id,
        page=1,
        width=240,
        height=180,
        media_type="image/jpeg",
        size=stored.size,
        file_key=stored.key,
    )
    run = ImportRun(
        kind=ImportKind.DELIVERIES,
        mapping_name="m",
        definition={},
        file_name="a.csv",
        file_key="",
        file_size=1,
        sha256="",
        started_by_name="Elin",
        status=ImportStatus.DONE,
        rows_rejected=1,
    )
    policy = PolicyRow(
        name=supplier.name,
        number=2,
        definition=DEFAULT_POLICY.to_dict(),
        status=PolicyStatus.IN_REVIEW,
        reason="Why",
    )
    db.add(policy)
    await db.flush()
    back_test = BackTest(
        policy_id=policy.id,
        policy_version=1,
        definition={},
        as_of=now.date(),
        first_month=300,
        last_month=311,
        asked_by_name="Elin",
        status=BackTestStatus.DONE,
    )
    db.add(back_test)
    escalation = Escalation(
        supplier_id=supplier.id,
        rung=Rung.WATCH,
        status=EscalationStatus.OPEN,
        reasons=[f"Words on {supplier.name}"],
        reason="Why",
        proposed_by_name="Elin",
        decided_by_name="Karin",
        began_on=now.date(),
    )
    db.add(escalation)
    target = SupplierTarget(
        supplier_id=supplier.id,
        aim=Aim.DELIVERY,
        value=Decimal(95),
        from_month=month_number(now.date()),
        reason=f"Words on {supplier.name}",
        proposed_by_name="Elin",
    )
    db.add(target)
    await db.flush()
    milestone = Milestone(
        supplier_id=supplier.id, escalation_id=escalation.id, title="New gauge", due_on=now.date()
    )
    db.add(milestone)
    scar = await scars.issued(db, cast, supplier=supplier)
    cost = ScarCost(
        scar_id=scar.id,
        supplier_id=supplier.id,
        plant_id=scar.plant_id,
        kind=CostKind.HOURS,
        quantity=1,
        rate=10,
    )
    lesson = await scars.lesson(db, scar)
    found = await deliveries.nonconformance(db, cast, supplier_id=supplier.id)
    certificate = await certificates.certificate(db, cast, supplier_id=supplier.id)
    requirement = await certificates.requirement(db, supplier_id=supplier.id)
    share = AuditorShare(
        supplier_id=supplier.id,
        auditor_id=cast.anna.id,
        until_on=now.date() + timedelta(days=30),
        reason="Yearly audit",
        shared_by_name="Karin",
    )
    dispute = ScorecardDispute(
        supplier_id=supplier.id,
        plant_id=found.plant_id,
        month=found.month,
        nonconformance_id=found.id,
        subject=found.number,
        reason=f"Words of {supplier.name}",
        disputed_by_name=person.name,
    )
    away = Absence(
        supplier_id=supplier.id,
        person_id=person.id,
        stand_in_id=cast.vera.id,
        from_on=now.date(),
        until_on=now.date(),
        starts_at=now,
        ends_at=now + timedelta(days=1),
    )
    saved = SavedFilter(person_id=person.id, path="/scars", name="Ours", query="turn=ours")
    db.add_all([link, said, preview, run, cost, share, dispute, policy, away, saved])
    await db.flush()
    of_contact = (
        "SELECT act_id FROM trail_change JOIN trail_act ON id = act_id"
        " WHERE table_name = 'contact' AND row_id = :contact"
    )
    act = (await db.execute(text(of_contact), {"contact": contact.id})).scalar_one()
    return {
        "scar": scar.number,
        "cost": str(cost.id),
        "lesson": str(lesson.id),
        "nonconformance": found.number,
        "number": supplier.number,
        "share": str(share.id),
        "certificate": str(certificate.id),
        "dispute": str(dispute.id),
        "certificate_type": str(certificate.type_id),
        "requirement": str(requirement.id),
        "supplier": str(supplier.id),
        "person": str(person.id),
        "site": str(site.id),
        "contact": str(contact.id),
        "entry": str(entry.id),
        "said": str(said.id),
        "passkey": str(passkey.id),
        "session": session.token_hash[:16],
        "link": str(link.id),
        "invitation": str(invitation.id),
        "document": str(document.id),
        "mail": str(mail.id),
        "run": str(run.id),
        "act": str(act),
        "policy": str(policy.id),
        "escalation": str(escalation.id),
        "target": str(target.id),
        "milestone": str(milestone.id),
        "saved_filter": str(saved.id),
        "plant": str(cast.lulea.id),
        "kind": "plants",
    }
