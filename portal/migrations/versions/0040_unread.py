"""What somebody has not read is found without looking at all that was ever said.

Whose thread it is and whether there is something new in it stands beside how far they have read. A supplier's
people have such a row for each thread of their company, our people for those in which they spoke or are named.
"""

import sqlalchemy as sa
from alembic import op

from portal.migrations.tenancy import protect
from portal.migrations.trailed import watch

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

_KEPT = ("newest_message_id", "newest_note_id", "is_unanswered")
_AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"
_OURS = "EXISTS (SELECT FROM person WHERE person.id = {person} AND person.supplier_id IS NULL)"
_SPEAKS = """
    SELECT FROM {table} AS said WHERE said.thread_id = {thread}
        AND (said.author_id = {person} OR {person} = ANY(said.mentioned_ids))
"""


def upgrade() -> None:
    for name in ("newest_message_id", "newest_note_id"):
        op.add_column("thread", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("thread", _flag("is_unanswered"))
    op.add_column("thread_reading", sa.Column("supplier_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        "fk_thread_reading_supplier_id", "thread_reading", "supplier", ["supplier_id"], ["id"]
    )
    for name in ("takes_part", "has_news"):
        op.add_column("thread_reading", _flag(name))
    _fill()
    for table, names in {"thread": _KEPT, "thread_reading": ("takes_part", "has_news")}.items():
        for name in names:
            op.alter_column(table, name, server_default=None)
    op.create_index("ix_thread_unanswered", "thread", ["id"], postgresql_where=sa.text("is_unanswered"))
    op.create_index("ix_thread_reading_supplier_id", "thread_reading", ["supplier_id"])
    op.create_index(
        "ix_thread_reading_news",
        "thread_reading",
        ["person_id", "thread_id"],
        postgresql_where=sa.text("takes_part AND has_news"),
    )
    # Row-level security asks for the supplier as well: without it two indexes would be combined for each thread.
    for table, columns in {
        "thread_message": ["thread_id", "supplier_id", "id"],
        "thread_note": ["thread_id", "id"],
    }.items():
        op.drop_index(f"ix_{table}_thread_id", table_name=table)
        op.create_index(f"ix_{table}_thread_id", table, columns)
    watch("thread", left_out=_KEPT)
    protect("thread_reading")
    _when_read()
    _when_there_is("thread", "new.id, person.id, 0, 0, true, false FROM person")
    _when_there_is("person", "thread.id, new.id, 0, 0, true, false FROM thread")
    _when_said(
        "thread_message",
        "message",
        answered=", is_unanswered = NOT new.is_ours AND (before = 0 OR is_unanswered)",
    )
    _when_said("thread_note", "note", readers=f"AND {_OURS.format(person='thread_reading.person_id')}")


def downgrade() -> None:
    for table in ("thread_message", "thread_note"):
        op.execute(f"DROP FUNCTION {table}_said() CASCADE")
        op.drop_index(f"ix_{table}_thread_id", table_name=table)
        op.create_index(f"ix_{table}_thread_id", table, ["thread_id"])
    for name in ("thread_read", "thread_of_people", "person_of_threads"):
        op.execute(f"DROP FUNCTION {name}() CASCADE")
    protect("thread_reading", through="thread_id")
    op.drop_column("thread_reading", "supplier_id")
    op.drop_index("ix_thread_reading_news", table_name="thread_reading")
    op.drop_index("ix_thread_unanswered", table_name="thread")
    for table, names in {"thread": _KEPT, "thread_reading": ("takes_part", "has_news")}.items():
        for name in names:
            op.drop_column(table, name)
    watch("thread")


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false())


def _fill() -> None:
    op.execute("""
        UPDATE thread SET
            newest_message_id = coalesce((SELECT max(id) FROM thread_message WHERE thread_id = thread.id), 0),
            newest_note_id = coalesce((SELECT max(id) FROM thread_note WHERE thread_id = thread.id), 0),
            is_unanswered = coalesce(
                (SELECT NOT bool_or(is_ours) FROM thread_message WHERE thread_id = thread.id), false
            )
    """)
    for table in ("thread_message", "thread_note"):
        op.execute(f"""
            INSERT INTO thread_reading (thread_id, person_id, message_id, note_id, takes_part)
            SELECT DISTINCT thread_id, person_id, 0, 0, true FROM {table}
            CROSS JOIN LATERAL unnest(mentioned_ids || author_id) AS who (person_id)
            WHERE person_id IS NOT NULL
            ON CONFLICT (thread_id, person_id) DO UPDATE SET takes_part = true
        """)  # of our own words
    op.execute("""
        INSERT INTO thread_reading (thread_id, person_id, message_id, note_id, takes_part)
        SELECT thread.id, person.id, 0, 0, true FROM thread JOIN person USING (supplier_id)
        ON CONFLICT (thread_id, person_id) DO UPDATE SET takes_part = true
    """)
    op.execute(f"""
        UPDATE thread_reading SET supplier_id = thread.supplier_id, has_news = newest_message_id > message_id
            OR (newest_note_id > note_id AND {_OURS.format(person="thread_reading.person_id")})
        FROM thread WHERE thread.id = thread_id
    """)


def _when_read() -> None:
    """Whoever speaks holds the thread: who reads meanwhile waits, and then knows of what was said."""
    op.execute(f"""
        CREATE FUNCTION thread_read() RETURNS trigger {_AS_OWNER} AS $$
        BEGIN
            SELECT newest_message_id > new.message_id
                OR (newest_note_id > new.note_id AND {_OURS.format(person="new.person_id")}), supplier_id
            INTO new.has_news, new.supplier_id FROM thread WHERE id = new.thread_id FOR SHARE;
            RETURN new;
        END $$
    """)
    op.execute("REVOKE ALL ON FUNCTION thread_read() FROM PUBLIC")
    op.execute("""
        CREATE TRIGGER read BEFORE INSERT OR UPDATE OF message_id, note_id ON thread_reading
        FOR EACH ROW EXECUTE FUNCTION thread_read()
    """)


def _when_there_is(table: str, both: str) -> None:
    """A supplier's people own all threads of their company."""
    name = {"thread": "thread_of_people", "person": "person_of_threads"}[table]
    first = "UPDATE thread_reading SET supplier_id = new.supplier_id WHERE thread_id = new.id;"
    first = first if table == "thread" else ""
    op.execute(f"""
        CREATE FUNCTION {name}() RETURNS trigger {_AS_OWNER} AS $$
        BEGIN
            {first}
            INSERT INTO thread_reading (thread_id, person_id, message_id, note_id, takes_part, has_news)
            SELECT {both} WHERE supplier_id = new.supplier_id ORDER BY 1, 2
            ON CONFLICT (thread_id, person_id) DO UPDATE SET takes_part = true;
            RETURN NULL;
        END $$
    """)  # of our own words
    op.execute(f"REVOKE ALL ON FUNCTION {name}() FROM PUBLIC")
    op.execute(f"""
        CREATE TRIGGER take_part AFTER INSERT OR UPDATE OF supplier_id ON {table}
        FOR EACH ROW WHEN (new.supplier_id IS NOT NULL) EXECUTE FUNCTION {name}()
    """)


def _when_said(table: str, kind: str, *, answered: str = "", readers: str = "") -> None:
    """Whoever had read everything before what they say has read everything after it too."""
    elsewhere = " AND ".join(
        f"NOT EXISTS ({_SPEAKS.format(table=each, thread='new.thread_id', person='reading.person_id')})"
        for each in ("thread_message", "thread_note")
    )
    op.execute(f"""
        CREATE FUNCTION {table}_said() RETURNS trigger {_AS_OWNER} AS $$
        DECLARE
            before bigint;
        BEGIN
            -- Everybody locks the thread before what somebody has read of it.
            SELECT newest_{kind}_id INTO before FROM thread WHERE id = new.thread_id FOR NO KEY UPDATE;
            IF TG_OP = 'INSERT' THEN
                UPDATE thread SET newest_{kind}_id = greatest(before, new.id){answered} WHERE id = new.thread_id;
            ELSE
                UPDATE thread_reading AS reading SET takes_part = false
                WHERE thread_id = new.thread_id AND person_id = ANY(old.mentioned_ids) AND {elsewhere}
                    AND {_OURS.format(person="reading.person_id")};
            END IF;
            INSERT INTO thread_reading (thread_id, person_id, message_id, note_id, takes_part, has_news)
            SELECT DISTINCT new.thread_id, person_id, 0, 0, true, true
            FROM unnest(new.mentioned_ids || new.author_id) AS who (person_id) WHERE person_id IS NOT NULL
            ON CONFLICT (thread_id, person_id) DO UPDATE SET takes_part = true WHERE NOT thread_reading.takes_part;
            IF TG_OP = 'INSERT' THEN
                UPDATE thread_reading SET {kind}_id = new.id
                WHERE thread_id = new.thread_id AND person_id = new.author_id AND {kind}_id >= before;
                UPDATE thread_reading SET has_news = true
                WHERE thread_id = new.thread_id AND person_id IS DISTINCT FROM new.author_id AND NOT has_news
                    {readers};
            END IF;
            RETURN NULL;
        END $$
    """)  # of our own words
    op.execute(f"REVOKE ALL ON FUNCTION {table}_said() FROM PUBLIC")
    op.execute(f"""
        CREATE TRIGGER said AFTER INSERT OR UPDATE OF mentioned_ids ON {table}
        FOR EACH ROW EXECUTE FUNCTION {table}_said()
    """)
