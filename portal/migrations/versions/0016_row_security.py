"""Row-level security on every table, and rights for the roles that the application takes."""

from alembic import op

from portal.access.roles import APP, GATE, STAFF, SUPPLIER
from portal.migrations.tenancy import (
    MINE,
    READ,
    SEND,
    WRITE,
    let_gate,
    let_supplier_send,
    protect,
    protect_counter,
    protect_ours,
    protect_personal,
    protect_shared,
    protect_view,
    unprotect,
)

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_READ_BY_SUPPLIERS = (
    *("asl_entry", "asl_event", "scar_criterion", "certificate_reminder"),
    *("delivery_line", "receipt", "inspection_lot", "nonconformance"),
    *("supplier_month", "supplier_month_total", "supplier_month_change"),
)
_WRITTEN_BY_SUPPLIERS = (
    *("contact", "response_stage", "invitation", "task"),
    *("scar_stage", "scar_pause", "scar_answer", "scar_extension", "scar_cost"),
    *("supplier_site", "certificate", "task_link", "document_attachment"),
    *("thread", "thread_message"),
)
_WRITTEN_IN_PART = {
    "scar": "issued_at IS NOT NULL",
    "scar_event": "NOT is_internal",
    "document": "NOT is_internal",
}
_OF_LINKS = ("task_code", "guest_session")
_THROUGH = {
    **dict.fromkeys(_OF_LINKS, "link_id"),
    "thread_reading": "thread_id",
    "document_preview": "document_id",
}
_OURS = (
    *("import_mapping", "import_run", "import_problem", "import_change"),
    *("outgoing_mail", "mail_handover", "undeliverable_address"),
    *("trail_mark", "trail_seal", "thread_note"),
)
_SHARED = ("organisation", "plant", "commodity", "part", "policy", "certificate_type")
_PERSONAL = (
    *("session", "passkey", "passkey_challenge", "totp", "recovery_code"),
    *("single_use_link", "half_sign_in", "external_identity", "company_sign_in"),
    "calendar_feed",
)
_COUNTERS = ("sign_in_attempt", "running_number")
_SUMS = ("delivery_line", "receipt", "inspection_lot", "nonconformance")
_QUEUED = "id, entrypoint, priority, dedupe_key"  # what queueing a job reads back of it


def upgrade() -> None:
    protect("supplier", own="id", may=READ)
    for table in _READ_BY_SUPPLIERS:
        protect(table, may=READ)
    for table in _WRITTEN_BY_SUPPLIERS:
        protect(table)
    for table, when in _WRITTEN_IN_PART.items():
        protect(table, when=when)
    for table, through in _THROUGH.items():
        protect(table, through=through)
    # What is asked of all suppliers names none.
    protect("certificate_requirement", may=READ, also="supplier_id IS NULL")
    for table in _OURS:
        protect_ours(table)
    for table in _SHARED:
        protect_shared(table)
    for table in _PERSONAL:
        protect_personal(table)
    for view in ("supplier_month_now", "supplier_month_total_now"):
        protect_view(view)
    _people()
    _gate()
    _trail()
    _beside_the_tables()
    _sums_as_the_owner()
    _analyze()


def downgrade() -> None:
    op.execute("DROP FUNCTION analyze_tables")
    for name in _sums():
        op.execute(f"ALTER FUNCTION {name}() SECURITY INVOKER RESET search_path")
    everybody = f"{APP}, {STAFF}, {SUPPLIER}, {GATE}"
    for table in (
        *("supplier", "person", *_WRITTEN_BY_SUPPLIERS, *_WRITTEN_IN_PART, *_COUNTERS, *_THROUGH),
        "certificate_requirement",
        *(*_READ_BY_SUPPLIERS, *_OURS, *_SHARED, *_PERSONAL, "trail_act", "trail_change"),
    ):
        unprotect(table)
    for schema in ("public", "job_queue"):
        op.execute(f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM {everybody}")
        op.execute(f"REVOKE ALL ON ALL SEQUENCES IN SCHEMA {schema} FROM {everybody}")
    op.execute(f"REVOKE ALL ON SCHEMA job_queue FROM {everybody}")


def _people() -> None:
    """A supplier's people see colleagues, and ours: whom they write to, and who tells them something."""
    protect("person", also="supplier_id IS NULL")
    # Failures, by hashes, and the last number given.
    for table in _COUNTERS:
        protect_counter(table)
    # Mail may be caused by anybody, and is read by few.
    for table in ("outgoing_mail", "undeliverable_address"):
        let_supplier_send(table)


def _gate() -> None:
    for table in (*_PERSONAL, *_OF_LINKS, "sign_in_attempt"):
        let_gate(table, WRITE)
    let_gate("task_link", "SELECT, UPDATE")
    for table in ("person", "invitation"):
        let_gate(table, "SELECT, INSERT, UPDATE")
    let_gate("supplier", READ, columns="id, number, name, time_zone")
    let_gate("organisation", READ)
    for table in ("outgoing_mail", "undeliverable_address"):
        let_gate(table, SEND)


def _trail() -> None:
    """Written by the triggers of the tables, as their owner; everybody else reads. Decision 8 says the rest."""
    protect("trail_change", may=READ)
    protect_ours("trail_act")
    op.execute(
        f"CREATE POLICY supplier ON trail_act FOR SELECT TO {SUPPLIER} USING (EXISTS"
        f" (SELECT FROM trail_change WHERE act_id = trail_act.id AND trail_change.supplier_id = {MINE}))"
    )
    op.execute(f"GRANT {READ} ON trail_act TO {SUPPLIER}")
    op.execute(
        f"REVOKE INSERT, UPDATE, DELETE ON trail_act, trail_change, trail_seal, trail_mark FROM {STAFF}"
    )
    op.execute(f"GRANT INSERT ON trail_seal TO {STAFF}")
    op.execute(f"GRANT INSERT, DELETE ON trail_mark TO {STAFF}")


def _beside_the_tables() -> None:
    """What belongs to nobody: the version, holidays, the queue of jobs."""
    op.execute(f"GRANT {READ} ON alembic_version TO {APP}, {STAFF}")
    op.execute(f"GRANT {WRITE} ON calendar_day TO {STAFF}")
    op.execute(f"GRANT {READ} ON calendar_day TO {SUPPLIER}, {APP}")
    # Rows that bring their numbers along move the sequences on. The trail's are only looked at.
    op.execute(f"GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {STAFF}")
    op.execute(f"REVOKE USAGE, UPDATE ON SEQUENCE trail_act_id_seq FROM {STAFF}")
    # The worker's own connection takes no role: it only ever works with the queue. A job ends in the
    # transaction of whoever it acts for.
    op.execute(f"GRANT USAGE ON SCHEMA job_queue TO {APP}, {STAFF}, {SUPPLIER}, {GATE}")
    op.execute(f"GRANT {WRITE} ON ALL TABLES IN SCHEMA job_queue TO {APP}, {STAFF}, {SUPPLIER}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA job_queue TO {APP}, {STAFF}, {SUPPLIER}, {GATE}")
    op.execute(f"GRANT INSERT, SELECT ({_QUEUED}) ON job_queue.pgqueuer TO {GATE}")
    op.execute(f"GRANT INSERT ON job_queue.pgqueuer_log TO {GATE}")


def _sums() -> list[str]:
    events = ("insert", "update", "delete", "truncate")
    return [*(f"{table}_sums_{event}" for table in _SUMS for event in events), "fold_supplier_months"]


def _sums_as_the_owner() -> None:
    """Sums follow from rows, whoever writes those: nobody needs a right to write the sums."""
    for name in _sums():
        op.execute(f"ALTER FUNCTION {name}() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp")
        op.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")


def _analyze() -> None:
    """Only an owner may analyze a table; an import must, before it joins what it has just written."""
    op.execute("""
        CREATE FUNCTION analyze_tables(VARIADIC tables regclass[]) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
        DECLARE
            each regclass;
        BEGIN
            FOREACH each IN ARRAY tables LOOP
                EXECUTE format('ANALYZE %s', each);
            END LOOP;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION analyze_tables FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION analyze_tables TO {STAFF}")
