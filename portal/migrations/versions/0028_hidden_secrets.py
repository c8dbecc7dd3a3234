"""Hashes of passwords, tokens and codes, and the secrets of apps and sessions, are read at the gate alone."""

from portal.migrations.tenancy import hide, show

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_SECRETS = {
    "calendar_feed": ("token_hash",),
    "company_sign_in": ("token_hash",),
    "guest_session": ("token_hash", "csrf_secret"),
    "half_sign_in": ("token_hash",),
    "invitation": ("token_hash",),
    "passkey_challenge": ("challenge_hash",),
    "person": ("password_hash",),
    "recovery_code": ("code_hash",),
    "session": ("token_hash", "csrf_secret"),
    "single_use_link": ("token_hash",),
    "task_code": ("code_hash",),
    "task_link": ("token_hash",),
    "totp": ("secret",),
}


def upgrade() -> None:
    for table, secrets in _SECRETS.items():
        hide(table, *secrets)


def downgrade() -> None:
    for table in _SECRETS:
        show(table)
