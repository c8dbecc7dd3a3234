"""Foreign keys of tables that are written by the hundred thousand, checked for a statement at once.

PostgreSQL looks up each reference of each row on its own, which is more than half of a large import. Here a
trigger gathers what the rows of a statement refer to and looks that up once for each different value, with the
same locks and the same errors, as the owner, who sees all rows. What is promised is the same: no row refers to
one that is not there, whoever writes what beside whom (in READ COMMITTED, as everything here). Ids never change:
the trail sees to that.
"""

from collections.abc import Mapping

from alembic import op

_AS_OWNER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp"


def hold(table: str, references: Mapping[str, str], *, owner: str = "") -> None:
    """Let columns of a table refer to the ``id`` of others.

    Args:
        table: many rows of it are written in one statement.
        references: the table that each column refers to.
        owner: the column of them whose record takes these rows along when it goes. What the others refer to
            can't go.
    """
    checks = "\n".join(
        _of_many(table, column, target) if column == owner else _of_few(table, column, target)
        for column, target in references.items()
    )
    op.execute(f"""
        CREATE FUNCTION {table}_keys() RETURNS trigger {_AS_OWNER} AS $$
        DECLARE
            wanted bigint[];
            held bigint;
            missing boolean;
        BEGIN
            {checks}
            RETURN NULL;
        END $$
    """)
    op.execute(f"REVOKE ALL ON FUNCTION {table}_keys() FROM PUBLIC")
    for event in ("INSERT", "UPDATE"):
        op.execute(f"""
            CREATE TRIGGER {table}_keys_{event.lower()} AFTER {event} ON {table}
            REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION {table}_keys()
        """)
    for column, target in references.items():
        gone = f"{column} IN (SELECT id FROM removed)"
        if column == owner:
            _when_gone(table, column, target, f"DELETE FROM {table} WHERE {gone};", f"TRUNCATE {table};")
        else:
            refuse = _refusal(table, column, f"{target} is still referred to from {table}.{column}")
            _when_gone(
                table,
                column,
                target,
                f"IF EXISTS (SELECT FROM {table} WHERE {gone}) THEN {refuse} END IF;",
                refuse,
            )


def release(table: str, references: Mapping[str, str]) -> None:
    """Take it all back, for a downgrade."""
    op.execute(f"DROP FUNCTION {table}_keys() CASCADE")
    for column in references:
        for event in ("delete", "truncate"):
            op.execute(f"DROP FUNCTION {table}_{column}_{event}() CASCADE")


def _of_few(table: str, column: str, target: str) -> str:
    """A statement's rows refer to few different ones, if it has ever so many rows."""
    return f"""
            wanted := ARRAY(SELECT DISTINCT {column} FROM added WHERE {column} IS NOT NULL);
            PERFORM FROM {target} WHERE id = ANY(wanted) FOR KEY SHARE;
            GET DIAGNOSTICS held = ROW_COUNT;
            IF held < cardinality(wanted) THEN
                {_missing(table, column, target)}
            END IF;
    """


def _of_many(table: str, column: str, target: str) -> str:
    """Each row may refer to another one: those of this very transaction are nobody else's yet.

    Planned afresh, because thousands of rows need another plan than the few that a session saw first.
    """
    return f"""
            EXECUTE 'SELECT FROM {target} WHERE id IN (SELECT {column} FROM added)
                AND xmin <> pg_current_xact_id()::xid ORDER BY id FOR KEY SHARE';
            EXECUTE 'SELECT EXISTS (
                SELECT FROM added WHERE NOT EXISTS (SELECT FROM {target} WHERE {target}.id = added.{column})
            )' INTO missing;
            IF missing THEN
                {_missing(table, column, target)}
            END IF;
    """


def _missing(table: str, column: str, target: str) -> str:
    return _refusal(table, column, f"{table}.{column} refers to a {target} that is not there")


def _refusal(table: str, column: str, sentence: str) -> str:
    return f"""RAISE foreign_key_violation USING MESSAGE = '{sentence}', TABLE = '{table}',
                    CONSTRAINT = 'fk_{table}_{column}';"""


def _when_gone(table: str, column: str, target: str, deleted: str, emptied: str) -> None:
    for event, referencing, body in (
        ("delete", "REFERENCING OLD TABLE AS removed", deleted),
        ("truncate", "", emptied),
    ):
        # "a_": what belongs to a record goes before the sums and the trail look at what went.
        op.execute(f"""
            CREATE FUNCTION {table}_{column}_{event}() RETURNS trigger {_AS_OWNER} AS $$
            BEGIN
                {body}
                RETURN NULL;
            END $$
        """)
        op.execute(f"REVOKE ALL ON FUNCTION {table}_{column}_{event}() FROM PUBLIC")
        op.execute(f"""
            CREATE TRIGGER a_{table}_{column}_{event} AFTER {event.upper()} ON {target} {referencing}
            FOR EACH STATEMENT EXECUTE FUNCTION {table}_{column}_{event}()
        """)
