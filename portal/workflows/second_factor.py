"""The second factor: codes of an authenticator app, and codes on paper for the day the phone is lost."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.db import at_the_gate, because
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_
from portal.models.identity import Passkey, RecoveryCode, Totp
from portal.workflows.keyring import Keyring

STEP_SECONDS = 30
DRIFT = 1  # codes of the half minute before and after count too: clocks differ
RECOVERY_CODES = 10
PER_ACCOUNT = 5  # wrong codes in a quarter of an hour; 6 digits stand a guess less than a password does
WRONG = N_(
    "This code does not fit. Take the one that your app shows now, or a recovery code not used before."
)
WRONG_FIRST = N_(
    "This code does not fit. Check that the app has the key above, and that the phone's clock is right,"
    " then enter the code it shows now."
)
# Letters and digits that nobody confuses on paper.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class State:
    """What somebody has set up beside the password."""

    app_since: datetime | None
    codes_left: int
    passkeys: int

    @property
    def has_app(self) -> bool:
        return self.app_since is not None

    @property
    def is_set_up(self) -> bool:
        return self.has_app or self.passkeys > 0


async def state(db: AsyncSession, person_id: int) -> State:
    app = select(col(Totp.created_at)).where(col(Totp.person_id) == person_id).scalar_subquery()
    codes = (
        select(func.count())
        .where(col(RecoveryCode.person_id) == person_id, col(RecoveryCode.used_at).is_(None))
        .scalar_subquery()
    )
    keys = select(func.count()).where(col(Passkey.person_id) == person_id).scalar_subquery()
    return State(*(await db.execute(select(app, codes, keys))).one())


def new_secret() -> str:
    return pyotp.random_base32()


def app_link(secret: str, email: str, issuer: str) -> str:
    """Give the otpauth address that an authenticator app on the same device opens."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=issuer)


def issuer(house: str) -> str:
    """Name the portal as the app's list shows it; every organisation has its own Assay."""
    return "Assay" if house == "Assay" else f"Assay, {house}"


def in_groups(secret: str) -> str:
    """Write a key so that it can be typed off: groups of four."""
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))


async def set_up(db: AsyncSession, keyring: Keyring, person_id: int, secret: str, code: str) -> list[str]:
    """Take an app that shows the right code, and return fresh recovery codes, which are shown once.

    Raises:
        BadInputError: the code is not the secret's.
        NotReadyError: there is an app already.
    """
    step = _step_of(secret, code)
    if step is None:
        raise BadInputError(WRONG_FIRST)
    if (await state(db, person_id)).has_app:
        raise NotReadyError(
            N_("An authenticator app is set up already. Remove it before you set up another.")
        )
    db.add(Totp(person_id=person_id, secret=keyring.lock(secret, _of(person_id)), last_step=step))
    await db.flush()
    return await new_recovery_codes(db, person_id)


async def take(db: AsyncSession, keyring: Keyring, person_id: int, code: str) -> bool:
    """Say whether this is a code of the person's app, or a recovery code, that was not used before.

    Raises:
        NotReadyError: the app's secret is locked with a key that is not here.
    """
    plain = _plain(code)
    if len(plain) == 6 and plain.isdigit():
        return await _take_app_code(db, keyring, person_id, plain)
    return await _take_recovery_code(db, person_id, plain)


async def new_recovery_codes(db: AsyncSession, person_id: int) -> list[str]:
    """Make codes in place of all the older ones; only their hashes stay here."""
    await db.execute(delete(RecoveryCode).where(col(RecoveryCode.person_id) == person_id))
    made = ["".join(secrets.choice(_LETTERS) for _ in range(16)) for _ in range(RECOVERY_CODES)]
    db.add_all(RecoveryCode(person_id=person_id, code_hash=_digest(code)) for code in made)
    await db.flush()
    return ["-".join(code[at : at + 4] for at in range(0, 16, 4)) for code in made]


async def remove(db: AsyncSession, person_id: int) -> None:
    """Forget the app and its recovery codes."""
    for model in (Totp, RecoveryCode):
        await db.execute(delete(model).where(col(model.person_id) == person_id))


async def lock_again(db: AsyncSession, keyring: Keyring) -> int:
    """Lock with the present key what is not: stored before there were keys, or under an earlier one.

    What cannot be opened stays as it is; its key may come back. Return how many were locked.
    """
    query = select(Totp).where(~col(Totp.secret).startswith(keyring.mark, autoescape=True)).with_for_update()
    count = 0
    async with at_the_gate(db):
        apps = (await db.execute(query)).scalars().all()
    for app in apps:
        if keyring.knows(app.secret):
            app.secret = keyring.lock(keyring.open(app.secret, _of(app.person_id)), _of(app.person_id))
            count += 1
    if count:
        await because(db, "Locked with the portal's present key")
    await db.flush()
    return count


async def unreadable(db: AsyncSession, keyring: Keyring) -> int:
    """Count the apps whose secret is locked with a key that is not here."""
    async with at_the_gate(db):
        stored = await db.execute(select(col(Totp.secret)))
    return sum(not keyring.knows(each) for each in stored.scalars())


def _of(person_id: int) -> str:
    return f"totp:{person_id}"


async def _take_app_code(db: AsyncSession, keyring: Keyring, person_id: int, code: str) -> bool:
    query = select(Totp).where(col(Totp.person_id) == person_id).with_for_update()
    async with at_the_gate(db):
        found = await db.execute(query.execution_options(populate_existing=True))
    app = found.scalar_one_or_none()
    step = _step_of(keyring.open(app.secret, _of(person_id)), code) if app else None
    if app is None or step is None or step <= app.last_step:
        return False
    app.last_step = step
    await db.flush()
    return True


async def _take_recovery_code(db: AsyncSession, person_id: int, code: str) -> bool:
    use = (
        update(RecoveryCode)
        .where(
            col(RecoveryCode.person_id) == person_id,
            col(RecoveryCode.code_hash) == _digest(code),
            col(RecoveryCode.used_at).is_(None),
        )
        .values(used_at=clock.now())
        .returning(col(RecoveryCode.id))
    )
    async with at_the_gate(db):
        used = await db.execute(use)
    return used.first() is not None


def _step_of(secret: str, code: str) -> int | None:
    """Give the half minute whose code this is, looking a little before and after now."""
    plain = _plain(code)
    if len(plain) != 6 or not plain.isascii() or not plain.isdigit():
        return None
    now = int(clock.now().timestamp()) // STEP_SECONDS
    app = pyotp.TOTP(secret)
    found = [
        step
        for step in range(now - DRIFT, now + DRIFT + 1)
        if secrets.compare_digest(app.generate_otp(step), plain)
    ]
    return max(found, default=None)


def _plain(code: str) -> str:
    """As people type it off: with spaces, dashes, capitals."""
    return "".join(c for c in code.lower() if c.isalnum())[:64]


def _digest(code: str) -> str:
    # 16 letters of 31 are 79 bits: nobody finds them by trying hashes.
    return hashlib.sha256(code.encode()).hexdigest()
