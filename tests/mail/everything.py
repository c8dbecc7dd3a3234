"""One of every mail that the portal writes."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

from portal.mail import certificates, escalations, messages, months
from portal.mail.messages import AccountChange
from tests.mail.conftest import AT, HOUSE, recipient


def everything(house=HOUSE, **to):
    """One of each message, with every optional part."""
    someone = recipient(time_zone="Europe/Warsaw", **to)
    found = {
        "invitation": messages.invitation(
            house,
            someone,
            path="/invitation/x-1",
            key="1",
            invited_by="Elin Sandberg",
            supplier_name="Acme & Sons",
            expires_at=AT,
        ),
        "password_reset": messages.password_reset(
            house, someone, path="/password/x-2", key="1", expires_at=AT
        ),
        "sign_in_code": messages.sign_in_code(
            house, someone, code="731 905", key="1", expires_at=AT, task="Renew ISO 9001"
        ),
        "task_link": messages.task_link(
            house,
            someone,
            path="/task/x-3",
            key="1",
            task="Renew ISO 9001",
            asked_by="Elin Sandberg",
            supplier_name="Acme & Sons",
            due=date(2026, 12, 4),
            expires_at=AT,
        ),
        "email_change": messages.email_change(
            house, someone, path="/address/x-4", key="1", old_address="old@acme.example", expires_at=AT
        ),
    }
    found["summary"] = messages.summary(
        house,
        someone,
        key="1",
        tasks=[
            SimpleNamespace(words="Renew ISO 9001 & more", due_at=AT, is_overdue=True),
            SimpleNamespace(words="Answer Q-2", due_at=None, is_overdue=False),
        ],
        more=3,
        overdue=1,
        unread=2,
        unsubscribe="",
    )
    for is_internal in (False, True):
        found[f"thread_message {is_internal}"] = messages.thread_message(
            house,
            someone,
            key="1",
            path="/messages/supplier/1#thread",
            title="Pores & bubbles",
            author="Elin Sandberg",
            author_place="Norrland Drives",
            words="The first line.\n\n<b>Bold</b> & a second one, too long to fit onto one line.",
            is_internal=is_internal,
            is_mention=is_internal,
            reply_to="thread+1.p2.abc@in.norrland.example",
        )
    found["scar_told"] = messages.scar_told(
        house,
        someone,
        path="/scars/SCAR-2026-0147",
        key="1",
        number="SCAR-2026-0147",
        title="Pores in bearing seat",
        what="D3 returned",
        supplier_name="Acme & Sons",
        by="Elin Sandberg",
        note="Pieces in transit are missing.",
        steps="D1–D3",
        due=AT,
        is_late=True,
    )
    for is_over in (False, True):
        found[f"escalation_told {is_over}"] = escalations.escalation_told(
            house,
            someone,
            path="/escalations/1",
            key="1",
            rung="improvement_plan",
            is_over=is_over,
            reason="Pores for three months.",
            by="Karin Holm",
        )
    certificate = {"path": "/certificates", "key": "1", "type_code": "ISO 9001"}
    found["certificate_reminder"] = certificates.certificate_reminder(
        house,
        someone,
        number="Q-1",
        until=date(2026, 12, 4),
        days=7,
        supplier_name="Acme & Sons",
        **certificate,
    )
    found["certificate_returned"] = certificates.certificate_returned(
        house, someone, reason="Page 2 is missing.", by="Elin Sandberg", **certificate
    )
    found["certificates_asked"] = certificates.certificates_asked(
        house,
        someone,
        path="/certificates",
        key="1",
        wanted=[("ISO 9001", "missing", None), ("ISO 14001", "expired", date(2026, 11, 1))],
        asked_by="Elin Sandberg",
        supplier_name="Acme & Sons",
    )
    for status in ("accepted", "rejected"):
        found[f"dispute_decided {status}"] = months.dispute_decided(
            house,
            someone,
            path="/disputes/1",
            key="1",
            subject="4500118732-10",
            month=321,
            status=status,
            answer="Our gate was full & nobody said so.",
            effect={
                "title": "On-time delivery",
                "before": {"value": "92.3 %", "score": "83.1", "band": "B"},
                "after": {"value": "96.0 %", "score": None, "band": "Not rated"},
            }
            if status == "accepted"
            else None,
            supplier_name="Acme & Sons",
        )
    for reason in ("", "A line was excused."):
        found[f"scorecard {reason}"] = months.scorecard(
            house,
            someone,
            path="/scorecard?period=2026-10",
            key="1",
            month=321,
            supplier_name="Acme & Sons",
            published_at=AT,
            band="B",
            score="83.1",
            from_="80",
            to_="90",
            is_best=False,
            before=("84.4", "B"),
            reason="Main reason: on-time delivery.",
            measures=[("On-time delivery", "24 of 26 lines", "92.3 %", "78.7", "40 %")],
            decided=[("4500118732-10", True, "Our gate was full.", None)],
            marked=["4500118790-20"],
            actions=["Deliver on time."],
            corrected=(reason, "83.1", "B", "88.6", "B") if reason else None,
            file_name="scorecard.pdf",
            chart_words="",
        )
    found["scorecard_preview"] = months.scorecard_preview(
        house,
        someone,
        path="/scorecard",
        key="1",
        month=321,
        supplier_name="Acme & Sons",
        score="83.1",
        band="B",
        until=AT,
    )
    found["scorecard_digest"] = months.scorecard_digest(
        house,
        someone,
        path="/months/2026-10",
        key="1",
        month=321,
        counts=[("A", 3), ("Not rated", 1)],
        moves=[("Acme & Sons", "A", "B")],
        more=2,
    )
    found["task_told"] = messages.task_told(
        house,
        replace(someone, stands_in_for="Ewa Nowak"),
        path="/certificates/1",
        key="1",
        task="Renew ISO 9001",
        asked_by="Elin Sandberg",
        supplier_name="Acme & Sons",
        due=date(2026, 12, 4),
    )
    found["stand_in"] = messages.stand_in(
        house,
        someone,
        key="1",
        person="Ewa Nowak",
        from_on=date(2026, 12, 4),
        until_on=date(2026, 12, 18),
    )
    for change in AccountChange:
        found[f"account_changed {change}"] = messages.account_changed(
            house, someone, key="1", change=change, at=AT, by="Rita Bolt", detail="Phone"
        )
    return found
