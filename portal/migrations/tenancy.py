"""Put a table under row-level security: a migration that makes one calls ``protect("certificate")`` last.

The application may touch no table that was not protected: what forgets it doesn't work at all. Our own people
get all rows of it (the scopes in Python say which of them each may see). A supplier's people get the rows of
their own company, whatever a query forgets to ask for. Whoever is not signed in gets nothing. A policy for
each role, rather than one with OR, lets the planner use every index.

    protect("certificate")                          rows with a supplier_id, which that supplier reads and writes
    protect("asl_entry", may=READ)                  … only reads
    protect("comment", when="NOT is_internal")      … as far as they are meant for the supplier
    protect("audit_finding", through="audit_id")    rows of another table's row: seen by whoever sees that one
    protect_ours("cost")                            staff only
    protect_shared("plant")                         everybody signed in reads it, staff write it
    protect_personal("passkey")                     rows with a person_id: for that person's company
    protect_counter("running_number")               nobody's
    hide("passkey", "secret")                       … and that column for the gate alone

Calling it again replaces what held before. A supplier's query should still name the supplier: the policy is
the net, and indexes lead with the supplier.
"""

from alembic import op
from sqlalchemy import text

from portal.access.roles import APP, GATE, STAFF, SUPPLIER

READ = "SELECT"
WRITE = "SELECT, INSERT, UPDATE, DELETE"
SEND = "INSERT"

ALSO = "supplier_also"

# Evaluated once for a statement, not once for a row. Unset it reads '', and NULL equals nothing.
MINE = "(SELECT nullif(current_setting('assay.supplier', true), '')::bigint)"


def protect(
    table: str,
    *,
    may: str = WRITE,
    own: str = "supplier_id",
    through: str = "",
    when: str = "true",
    also: str = "",
) -> None:
    """Give a supplier's people the rows of their company.

    Args:
        table: its name.
        may: READ or WRITE.
        own: the column with the supplier.
        through: instead of that, a column that refers to a row of a protected table. An index leads with it.
        when: which of those rows are meant for the supplier, such as ``issued_at IS NOT NULL``.
        also: which other rows suppliers read, such as ``supplier_id IS NULL``.
    """
    mine = f"EXISTS (SELECT FROM {_target(table, through)})" if through else f"{own} = {MINE}"
    _begin(table)
    _allow(table, SUPPLIER, mine if when == "true" else f"{mine} AND ({when})", may)
    if also:
        op.execute(f"CREATE POLICY {ALSO} ON {table} FOR SELECT TO {SUPPLIER} USING ({also})")


def protect_ours(table: str) -> None:
    """Keep a table for staff and the portal itself."""
    _begin(table)


def protect_shared(table: str) -> None:
    """Let everybody who is signed in read: what belongs to no supplier and is no secret to any."""
    _begin(table)
    _allow(table, SUPPLIER, "true", READ)


def protect_personal(table: str) -> None:
    """Give a supplier's people what belongs to a person of their company."""
    _begin(table)
    whose = f"SELECT FROM person WHERE person.id = {table}.person_id AND person.supplier_id = {MINE}"
    _allow(table, SUPPLIER, f"EXISTS ({whose})", WRITE)


def protect_counter(table: str) -> None:
    """Let everybody who is signed in count: what says nothing about anybody."""
    _begin(table)
    _allow(table, SUPPLIER, "true", WRITE)


def let_supplier_send(table: str) -> None:
    """Let a supplier's people add rows that they never get to see, such as a mail to us."""
    _allow(table, SUPPLIER, "true", SEND)


def let_gate(table: str, may: str, *, columns: str = "") -> None:
    """Open a table to whoever is not signed in yet: only what finds out who somebody is."""
    _allow(table, GATE, "true", may, columns)


def hide(table: str, *secrets: str) -> None:
    """Let nobody but the gate read columns: not our people, whose pages a mistake may open, nor a supplier's.

    They are written as before. A migration that adds a column to such a table hides its secrets again, or
    nobody reads the new column; ``protect()`` shows all of them.
    """
    found = op.get_bind().execute(
        text(
            "SELECT attname FROM pg_attribute WHERE attrelid = CAST(:table AS regclass) AND attnum > 0"
            " AND NOT attisdropped ORDER BY attnum"
        ),
        {"table": table},
    )
    shown = ", ".join(name for name in found.scalars() if name not in secrets)
    op.execute(f"REVOKE SELECT ON {table} FROM {APP}, {STAFF}, {SUPPLIER}")
    op.execute(f"GRANT SELECT ({shown}) ON {table} TO {APP}, {STAFF}, {SUPPLIER}")


def show(table: str) -> None:
    """Take that back, in a downgrade."""
    op.execute(f"GRANT SELECT ON {table} TO {APP}, {STAFF}, {SUPPLIER}")


def protect_view(view: str) -> None:
    """Show a view of protected tables: made ``WITH (security_invoker = true)``, so that their policies hold."""
    op.execute(f"GRANT SELECT ON {view} TO {STAFF}, {SUPPLIER}, {APP}")


def unprotect(table: str) -> None:
    """Take it all back, in a downgrade."""
    for role in (APP, STAFF, SUPPLIER, GATE):
        _refuse(table, role)
    op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


def _begin(table: str) -> None:
    """Forced, so that it holds for the owner too. Without a policy of their own, roles may look at nothing."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    _allow(table, STAFF, "true", WRITE)
    _refuse(table, SUPPLIER)
    op.execute(f"GRANT {READ} ON {table} TO {APP}, {SUPPLIER}")


def _allow(table: str, role: str, rows: str, may: str, columns: str = "") -> None:
    _refuse(table, role)
    rules = {
        READ: f"FOR SELECT TO {role} USING ({rows})",
        SEND: f"FOR INSERT TO {role} WITH CHECK ({rows})",
    }
    rule = rules.get(may, f"FOR ALL TO {role} USING ({rows}) WITH CHECK ({rows})")
    op.execute(f"CREATE POLICY {_policy(role)} ON {table} {rule}")
    op.execute(f"GRANT {may}{f' ({columns})' if columns else ''} ON {table} TO {role}")


def _refuse(table: str, role: str) -> None:
    for policy in (_policy(role), *((ALSO,) if role == SUPPLIER else ())):
        op.execute(f"DROP POLICY IF EXISTS {policy} ON {table}")
    op.execute(f"REVOKE ALL ON {table} FROM {role}")


def _policy(role: str) -> str:
    return role.removeprefix("assay_")


def _target(table: str, column: str) -> str:
    """The rows that a column refers to, as its foreign key says."""
    found = (
        op.get_bind()
        .execute(
            text(
                "SELECT confrelid::regclass::text, target.attname FROM pg_constraint"
                " JOIN pg_attribute AS own ON own.attrelid = conrelid AND own.attnum = conkey[1]"
                " JOIN pg_attribute AS target ON target.attrelid = confrelid AND target.attnum = confkey[1]"
                " WHERE contype = 'f' AND conrelid = CAST(:table AS regclass)"
                " AND cardinality(conkey) = 1 AND own.attname = :column"
            ),
            {"table": table, "column": column},
        )
        .one()
    )
    return f"{found[0]} AS target WHERE target.{found[1]} = {table}.{column}"
