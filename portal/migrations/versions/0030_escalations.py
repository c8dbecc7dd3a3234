"""The escalation ladder, and the milestones of a plan."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from portal.migrations.tenancy import READ, protect, unprotect
from portal.migrations.trailed import unwatch, watch

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

RUNGS = (
    *("watch", "improvement_plan", "controlled_shipping_1", "controlled_shipping_2"),
    *("new_business_hold", "exit"),
)
STATUSES = ("proposed", "open", "dismissed", "ended")


def upgrade() -> None:
    op.create_table(
        "escalation",
        *_stamped(),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("rung", _choice("rung", RUNGS), nullable=False),
        sa.Column("status", _choice("status", STATUSES), nullable=False),
        sa.Column("month", sa.SmallInteger(), nullable=True),
        sa.Column("reasons", postgresql.JSONB(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_name", sa.String(length=200), nullable=False),
        sa.Column("proposed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=2000), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by_name", sa.String(length=200), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=True),
        sa.Column("clean_lots", sa.SmallInteger(), nullable=False),
        sa.Column("needs_cause", sa.Boolean(), nullable=False),
        sa.Column("lowered", postgresql.JSONB(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("ended_because", sa.String(length=2000), nullable=False),
        sa.Column("ended_by_name", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "status = 'proposed' OR reason <> ''", name=op.f("ck_escalation_decided_with_reason")
        ),
        sa.CheckConstraint("clean_lots BETWEEN 0 AND 100", name=op.f("ck_escalation_clean_lots")),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_escalation_supplier_id")),
        sa.ForeignKeyConstraint(["proposed_by_id"], ["person.id"], name=op.f("fk_escalation_proposed_by_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
    )
    op.create_index("ix_escalation_supplier_id", "escalation", ["supplier_id", "status"])
    for status in ("open", "proposed"):
        op.create_index(
            f"uq_escalation_{status}",
            "escalation",
            ["supplier_id"],
            unique=True,
            postgresql_where=sa.text(f"status = '{status}'"),
        )
    op.create_table(
        "milestone",
        *_stamped(),
        sa.Column("supplier_id", sa.BigInteger(), nullable=False),
        sa.Column("escalation_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("done_by_name", sa.String(length=200), nullable=False),
        sa.Column("note", sa.String(length=2000), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["supplier_id"], ["supplier.id"], name=op.f("fk_milestone_supplier_id")),
        sa.ForeignKeyConstraint(
            ["escalation_id"], ["escalation.id"], name=op.f("fk_milestone_escalation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    op.create_index(op.f("ix_milestone_supplier_id"), "milestone", ["supplier_id"])
    op.create_index("ix_milestone_escalation_id", "milestone", ["escalation_id", "due_on"])
    for table in ("escalation", "milestone"):
        watch(table)
    # What we think of before we decide is ours; what was decided, the supplier reads.
    protect("escalation", may=READ, when="status IN ('open', 'ended')")
    protect("milestone")


def downgrade() -> None:
    for table in ("milestone", "escalation"):
        unprotect(table)
        unwatch(table)
        op.drop_table(table)


def _choice(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=40)


def _stamped() -> tuple[sa.Column[object], ...]:
    return (
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
    )
