"""From the link of a mail to a session: looking burns nothing, a button has a code sent, the code opens.

Unknown, expired, replaced and revoked links are told apart by nobody, as long as their task is not done.
"""

import secrets
from datetime import timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from portal import clock
from portal.access import scopes
from portal.access.principal import Principal
from portal.errors import BadInputError, NotReadyError
from portal.languages import N_, _
from portal.mail import messages, outbox
from portal.mail.message import Recipient
from portal.models.task_links import GuestSession, TaskCode, TaskLink
from portal.settings import Settings
from portal.workflows import sign_in, tokens

CODE_VALID = timedelta(minutes=10)
CODE_DIGITS = 6
GUESSES = 5  # for one code
CODES = 5  # in a quarter of an hour, for one link
OVER = N_(
    "This link no longer works: it has expired, was taken back, or a newer one was sent."
    " Look for a newer mail, or ask us to send it again."
)
DONE = N_("What this link asked for is done. Nothing more is needed from you.")
WRONG = N_("This code does not open it. Type the six digits of the newest mail, or have a new code sent.")


class DoneError(NotReadyError):
    """What a link asked for is done."""


async def look(db: AsyncSession, token: str) -> TaskLink:
    """Find a link that works, without changing anything.

    Raises:
        DoneError: what it asked for is done.
        NotReadyError: it does not work, for whatever other reason.
    """
    query = select(TaskLink).where(col(TaskLink.token_hash) == tokens.digest(token[: tokens.LONGEST]))
    found = (await db.execute(query)).scalar_one_or_none()
    if found is not None and found.done_at is not None:
        raise DoneError(_(DONE))
    if found is None or found.ended_at is not None or found.expires_at <= clock.now():
        raise NotReadyError(_(OVER))
    return found


async def is_of(db: AsyncSession, who: Principal, link: TaskLink) -> bool:
    """Say whether somebody signed in belongs to the company that the link was sent to."""
    query = scopes.visible(who, TaskLink).where(col(TaskLink.id) == link.id)
    return who.is_supplier and (await db.execute(query)).first() is not None


async def send_code(db: AsyncSession, settings: Settings, link: TaskLink, address: str) -> None:
    """Send a new code to the address on file; it takes the place of the one before.

    Raises:
        TooManyError: enough codes were sent for this link, or asked for from this network address.
    """
    await sign_in.refuse_when_too_many(db, codes_key(link), address, most=CODES)
    await sign_in.failed(db, codes_key(link), address)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    expires_at = clock.now() + CODE_VALID
    values = {"code_hash": await sign_in.hash_password(code), "expires_at": expires_at, "attempts": 0}
    statement = insert(TaskCode).values(link_id=link.id, **values)
    await db.execute(statement.on_conflict_do_update(index_elements=["link_id"], set_=values).inline())
    message = messages.sign_in_code(
        await outbox.letterhead(db, settings),
        Recipient(
            address=link.email,
            name=link.name,
            language=link.language,
            time_zone=link.time_zone,
            contact_id=link.contact_id,
            supplier_id=link.supplier_id,
        ),
        code=code,
        key=f"{link.id}:{secrets.token_hex(8)}",
        task=link.title,
        expires_at=expires_at,
    )
    await outbox.queue(db, message)


async def enter(
    db: AsyncSession, settings: Settings, link: TaskLink, code: str, *, address: str, agent: str
) -> str:
    """Begin a session with the right code and return its token. A wrong one is counted, and kept.

    Raises:
        TooManyError: too many wrong codes for this address on file, or from this network address.
        BadInputError: the code does not open it; the transaction commits all the same.
    """
    await sign_in.refuse_when_too_many(db, guesses_key(link), address)
    query = select(TaskCode).where(col(TaskCode.link_id) == link.id).with_for_update()
    held = (await db.execute(query)).scalar_one_or_none()
    works = held is not None and held.expires_at > clock.now() and held.attempts < GUESSES
    # What has no code takes as long as what has one.
    digits = "".join(code.split())
    right = await sign_in.is_password(held.code_hash if held is not None and works else "", digits)
    if not right:
        if held is not None:
            held.attempts += 1
        await sign_in.failed(db, guesses_key(link), address)
        raise BadInputError(_(WRONG))
    await db.execute(delete(TaskCode).where(col(TaskCode.link_id) == link.id))
    await sign_in.forget(db, guesses_key(link), codes_key(link))
    now = clock.now()
    token = tokens.new()
    db.add(
        GuestSession(
            token_hash=tokens.digest(token),
            link_id=link.id,
            task_id=link.task_id,
            kind=link.kind,
            table_name=link.table_name,
            record_id=link.record_id,
            csrf_secret=tokens.new(),
            created_at=now,
            last_seen_at=now,
            expires_at=min(link.expires_at, now + timedelta(hours=settings.session_idle_hours)),
            address=address[:64],
            user_agent=agent[:400],
        )
    )
    await db.execute(
        update(TaskLink).where(col(TaskLink.id) == link.id).values(used_at=now, uses=col(TaskLink.uses) + 1)
    )
    await db.flush()
    return token


def hidden(email: str) -> str:
    """Show an address to whoever holds the link so that its owner knows it: t…k@acme.example."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}…{local[-1:] if len(local) > 2 else ''}@{domain}"


def codes_key(link: TaskLink) -> str:
    """Under which codes that were sent are counted."""
    return f"task-codes:{link.id}"


def guesses_key(link: TaskLink) -> str:
    """Under which wrong codes are counted: for the address on file, whichever link they are for."""
    return f"task-guess:{link.email}"
